<?php

/**
 * Calls a function of Enswitch's API as PHP programs do:
 *
 *     php enswitch-client.php URL WAY PARAMETERS
 *
 * WAY is file (file_get_contents), get, form, multipart or semicolons; PARAMETERS is JSON. Prints status and body as JSON.
 */

[, $url, $way, $parameters] = $argv;
$parameters = json_decode($parameters, true);

$inUrl = $way === 'file' || $way === 'get';
$target = $inUrl ? $url . '?' . http_build_query($parameters, '', '&', PHP_QUERY_RFC3986) : $url;

if ($way === 'file') {
    $context = stream_context_create(array('http' => array('protocol_version' => '1.0', 'ignore_errors' => true)));
    $body = file_get_contents($target, false, $context);
    echo json_encode(array('status' => (int) explode(' ', $http_response_header[0])[1], 'body' => $body));
    exit;
}

$curl = curl_init($target);
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
curl_setopt($curl, CURLOPT_TIMEOUT, 30);
if (!$inUrl) {
    $bodies = array(
        'form' => http_build_query($parameters),
        'semicolons' => http_build_query($parameters, '', ';'),
        'multipart' => $parameters,
    );
    curl_setopt($curl, CURLOPT_POSTFIELDS, $bodies[$way]);
}
$body = curl_exec($curl);
echo json_encode(array('status' => curl_getinfo($curl, CURLINFO_HTTP_CODE), 'body' => $body));

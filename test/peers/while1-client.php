<?php

/**
 * A client as While1's page tells to write one ("Example of parameters generation", "of hash generation", "for data sending"):
 *
 *     php while1-client.php URL WAY KEY CHANGES
 *
 * WAY is form, multipart, json, json-without-type, json-unescaped, get, get-rfc3986 or query; CHANGES is JSON that replaces members
 * of data. Prints status and body as JSON.
 */

[, $url, $way, $key, $changes] = $argv;

$params = array(
    'api_username' => 'alice@acme',
    'api_password' => 'demo-pass-0001',
    'data' => array(
        'project_id' => 1,
        'caller_id' => '0412345678',
        'caller_id_name' => 'Ștefan "Ștef" O\'Neill & Söhne',
        'type' => 'queue', // user, queue, context
        'destination' => 'test-queue',
        'external_id' => 'asdf1234',
        'async' => 1,
        'vars' => array(
            'SKIP_WELCOME' => 1,
            'SKIP_WE_ARE_RECORDING' => 1,
            'SKIP_ENTER_QUEUE' => 0,
            'BACKEND_LINK' => 'https://[YOUR-EXTERNAL-CRM-URL]/?change_this_url=1234', // for pop-up
        ),
    ),
);
$params['data'] = array_replace($params['data'], json_decode($changes, true));
if ($way === 'query') {
    $params['external_id'] = $params['data']['external_id'];
    unset($params['data']);
}

$params['api_hash'] = md5(http_build_query($params) . $key); // make hash

/** The names as CURLOPT_POSTFIELDS wants them, which takes no array of arrays: data[vars][SKIP_WELCOME]. */
function flat(array $values, string $prefix = ''): array
{
    $fields = array();
    foreach ($values as $name => $value) {
        $field = $prefix === '' ? $name : $prefix . '[' . $name . ']';
        $fields += is_array($value) ? flat($value, $field) : array($field => $value);
    }
    return $fields;
}

$encoding = $way === 'get-rfc3986' ? PHP_QUERY_RFC3986 : PHP_QUERY_RFC1738;
$flags = $way === 'json-unescaped' ? JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRETTY_PRINT : 0;
$inUrl = in_array($way, array('get', 'get-rfc3986', 'query'));
$curl = curl_init($inUrl ? $url . '?' . http_build_query($params, '', '&', $encoding) : $url);
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
curl_setopt($curl, CURLOPT_TIMEOUT, 30);
if (!$inUrl) {
    $body = array('form' => http_build_query($params), 'multipart' => flat($params));
    curl_setopt($curl, CURLOPT_POST, true);
    curl_setopt($curl, CURLOPT_POSTFIELDS, $body[$way] ?? json_encode($params, $flags));
}
if ($way === 'json' || $way === 'json-unescaped') {
    curl_setopt($curl, CURLOPT_HTTPHEADER, array('Content-Type: application/json'));
}
$body = curl_exec($curl);
echo json_encode(array('status' => curl_getinfo($curl, CURLINFO_HTTP_CODE), 'body' => $body, 'error' => curl_error($curl)));

<?php

/**
 * A client as While1's page tells to write one ("Example of parameters generation", "of hash generation", "for data sending"):
 *
 *     php while1-client.php URL WAY KEY CHANGES
 *
 * WAY is form, json, json-without-type, get or query; CHANGES is JSON that replaces members of data. Prints status and body as JSON.
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

$inUrl = $way === 'get' || $way === 'query';
$curl = curl_init($inUrl ? $url . '?' . http_build_query($params) : $url);
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
curl_setopt($curl, CURLOPT_TIMEOUT, 30);
if (!$inUrl) {
    curl_setopt($curl, CURLOPT_POST, true);
    curl_setopt($curl, CURLOPT_POSTFIELDS, $way === 'form' ? http_build_query($params) : json_encode($params));
}
if ($way === 'json') {
    curl_setopt($curl, CURLOPT_HTTPHEADER, array('Content-Type: application/json'));
}
$body = curl_exec($curl);
echo json_encode(array('status' => curl_getinfo($curl, CURLINFO_HTTP_CODE), 'body' => $body, 'error' => curl_error($curl)));

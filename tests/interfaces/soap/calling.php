<?php
// The calls of PHP plugins, by SoapClient and the WSDLs: address and access key come as arguments; tells what it got.
ini_set('soap.wsdl_cache_enabled', '0');
[, $url, $key] = $argv;
$import = "$url/services/WSMailUpImport.asmx?WSDL";

function code($answer) {
    return (string) simplexml_load_string($answer)->mailupBody->ReturnCode;
}

$send = new SoapClient("$url/MailupSend.asmx?WSDL");
$told['lists'] = $send->GetLists(['accessKey' => $key])->GetListsResult;
$told['options'] = $send->SendNewsletter(['accessKey' => $key, 'listID' => 1, 'newsletterID' => 1, 'options' => [
    ['Key' => 'send_to', 'Value' => 'ALL'],
    ['Key' => 'note', 'Value' => new SoapVar('a', XSD_STRING)],
]])->SendNewsletterResult;

$header = new SoapHeader('http://ws.mailupnet.it/', 'Authentication', ['User' => 'a0', 'Password' => 'x']);
$call = ['listsIDs' => '1', 'groupsIDs' => '', 'importType' => 3, 'mobileInputType' => 1, 'asPending' => false,
    'ConfirmEmail' => false, 'asOptOut' => false, 'forceOptIn' => false, 'replaceGroups' => false];
foreach (['import without xmlDoc' => SOAP_1_1, 'import by 1.2' => SOAP_1_2] as $name => $version) {
    $client = new SoapClient($import, ['soap_version' => $version]);
    $client->__setSoapHeaders($header);
    $told[$name] = code($client->StartImportProcesses($call)->StartImportProcessesResult);
}
$told['without header'] = code((new SoapClient($import))->GetNlLists()->GetNlListsResult);

try {
    $bare = new SoapClient(null, ['location' => "$url/MailupSend.asmx", 'uri' => 'urn:any']);
    $bare->Nothing();
} catch (SoapFault $fault) {
    $told['fault'] = $fault->faultcode;
}
echo json_encode($told);

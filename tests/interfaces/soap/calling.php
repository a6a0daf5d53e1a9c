<?php
// A shop's plugin in PHP: SoapClient, the WSDLs, and what real ones leave out. Arguments: address, console host, API
// user, password, console id. Tells what it was answered, as JSON.
ini_set('soap.wsdl_cache_enabled', '0');
[, $url, $console, $user, $password, $id] = $argv;
$told = [];

function code($answer) {
    return (string) simplexml_load_string($answer)->mailupBody->ReturnCode;
}

function import_by($version, $url, $user, $password) {
    $client = new SoapClient("$url/services/WSMailUpImport.asmx?WSDL", ['soap_version' => $version]);
    $given = ['User' => $user, 'Password' => $password];
    $client->__setSoapHeaders(new SoapHeader('http://ws.mailupnet.it/', 'Authentication', $given));
    return $client;
}

// It activates itself, as plugins do when their settings are saved.
$import = import_by(SOAP_1_1, $url, $user, $password);
$told['before activation'] = code($import->GetNlLists()->GetNlListsResult);
$query = ['usr' => $user, 'pwd' => $password, 'nl_url' => "http://$console/", 'ws_name' => 'WSMailUpImport'];
foreach (['activation', 'again'] as $name) {
    $told[$name] = code(file_get_contents("$url/frontend/WSActivation.aspx?" . http_build_query($query)));
}

// It reads the lists by cutting them out, and makes a group for its customers.
$answer = $import->GetNlLists()->GetNlListsResult;
$begin = strpos($answer, '<Lists>');
$lists = simplexml_load_string(substr($answer, $begin, strpos($answer, '</Lists>') + 8 - $begin));
$list = ['idList' => (int) $lists->List[0]['idList'], 'listGUID' => (string) $lists->List[0]['listGUID']];
$group = code($import->CreateGroup($list + ['newGroupName' => 'Customers'])->CreateGroupResult);
$told['group'] = (int) $group > 0;

// Magento's way: a process is stored, then everything stored is started, without xmlDoc, GUIDs and groups. By both
// versions of SOAP; `idConfirmNL` and the like are required, or PHP does not even send the call.
$flags = ['importType' => 3, 'mobileInputType' => 2, 'asPending' => false, 'ConfirmEmail' => false, 'asOptOut' => false,
    'forceOptIn' => false, 'replaceGroups' => false];
foreach (['import' => SOAP_1_1, 'import by 1.2' => SOAP_1_2] as $name => $version) {
    $client = import_by($version, $url, $user, $password);
    $people = '<subscribers><subscriber email="' . strtr($name, ' ', '.') . '@example.org" Prefix="" Number="" Name="">'
        . '<campo1><![CDATA[Perché & Co]]></campo1><campo2></campo2></subscriber></subscribers>';
    $given = $list + $flags + ['xmlDoc' => $people, 'idGroups' => $group, 'idConfirmNL' => 0];
    $process = (int) code($client->NewImportProcess($given)->NewImportProcessResult);
    $told[$name] = code($client->StartImportProcesses(['listsIDs' => '1'] + $flags)->StartImportProcessesResult);
    for ($status = '', $tries = 0; $status !== '3' && $tries < 400; $tries++) {
        usleep(25000);
        $details = $client->GetProcessDetails($list + ['idProcess' => $process])->GetProcessDetailsResult;
        $status = (string) simplexml_load_string($details)->mailupBody->ImportProcess->StatusCode;
    }
    $told["$name ended"] = $status;
}

// What goes wrong has a code, and no exception.
$told['nothing stored'] = code($import->StartImportProcesses($flags)->StartImportProcessesResult);
$told['wrong password'] = code(import_by(SOAP_1_1, $url, $user, 'another')->GetNlLists()->GetNlListsResult);
$bare = new SoapClient("$url/Services/WSMailupImport.asmx?WSDL");
$told['without header'] = code($bare->GetNlLists()->GetNlListsResult);

// The services with access keys.
$send = new SoapClient("$url/MailupSend.asmx?WSDL", ['soap_version' => SOAP_1_2]);
$login = $send->LoginFromId(['user' => $user, 'pwd' => $password, 'consoleId' => $id])->LoginFromIdResult;
$key = ['accessKey' => (string) simplexml_load_string($login)->accessKey];
$told['lists'] = $send->GetLists($key)->GetListsResult;
$told['options'] = $send->SendNewsletter($key + ['listID' => 1, 'newsletterID' => 1, 'options' => [
    ['Key' => 'send_to', 'Value' => 'ALL'],
    ['Key' => 'note', 'Value' => new SoapVar('a', XSD_STRING)],
]])->SendNewsletterResult;
$manage = new SoapClient("$url/MailupManage.asmx?WSDL");
$same = $manage->CreateGroup($key + ['listID' => 1, 'groupName' => 'CUSTOMERS'])->CreateGroupResult;
$told['same group'] = (string) simplexml_load_string($same)->list->groups->group->groupID === $group;
$report = new SoapClient("$url/MailupReport.asmx?WSDL");
$asked = $key + ['email' => 'import@example.org', 'listID' => 1, 'messageID' => 0];
$told['status'] = (string) simplexml_load_string($report->ReportByUser($asked)->ReportByUserResult)->Canali->Email;
$send->Logout($key);
$told['after logout'] = (string) simplexml_load_string($send->GetLists($key)->GetListsResult)->errorCode;

try {
    (new SoapClient(null, ['location' => "$url/MailupSend.asmx", 'uri' => 'urn:any']))->Nothing();
} catch (SoapFault $fault) {
    $told['fault'] = $fault->faultcode;
}
echo json_encode($told);

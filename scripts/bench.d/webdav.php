<?php
// The WebDAV server of SabreDAV's documentation, without its optional plugins: one folder, and accounts in a file.
//
// FastCGI parameters: BENCH_FILES, the folder; BENCH_ACCOUNTS, a PHP file that returns the SHA-256 digest of each
// account's password; BENCH_FSYNC, "yes" to flush each file and its folder to the disk before the answer.
require_once 'Sabre/autoload.php';

use Sabre\DAV;

class Accounts extends DAV\Auth\Backend\AbstractBasic {
    protected function validateUserPass($name, $password) {
        $digests = require $_SERVER['BENCH_ACCOUNTS'];
        return isset($digests[$name]) && hash_equals($digests[$name], hash('sha256', $password));
    }
}

function write_durably($path, $data) {
    $file = fopen($path, 'w');
    stream_copy_to_stream($data, $file);
    if (!fsync($file) || !fsync(fopen(dirname($path), 'r'))) throw new DAV\Exception('fsync failed');
}

class DurableFile extends DAV\FS\File {
    function put($data) { write_durably($this->path, $data); }
}

class DurableFolder extends DAV\FS\Directory {
    function createFile($name, $data = null) { write_durably("$this->path/$name", $data); }

    function getChild($name) {
        $path = "$this->path/$name";
        if (!file_exists($path)) throw new DAV\Exception\NotFound($name);
        return is_dir($path) ? new DurableFolder($path) : new DurableFile($path);
    }
}

$folder = $_SERVER['BENCH_FSYNC'] === 'yes' ? 'DurableFolder' : 'Sabre\DAV\FS\Directory';
$server = new DAV\Server(new $folder($_SERVER['BENCH_FILES']));
$server->setBaseUri('/');
$server->addPlugin(new DAV\Auth\Plugin(new Accounts(), 'bench'));
$server->exec();

"""One shell script for each host, all at once, over paramiko: HOSTS.json KNOWN_HOSTS SCRIPT."""
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from shlex import quote

from paramiko import RejectPolicy, SSHClient

list_file, known_hosts, script_file = sys.argv[1:]
with open(list_file, encoding='utf-8') as file:
    hosts = json.load(file)
with open(script_file, encoding='utf-8') as file:
    script = file.read()


def visit(host):
    with SSHClient() as client:
        client.load_host_keys(known_hosts)
        client.set_missing_host_key_policy(RejectPolicy())
        client.connect(host['address'], port=host['port'], username=host['user'], key_filename=host['keyFile'], allow_agent=False, look_for_keys=False)
        stdin, stdout, _ = client.exec_command(f"sh -s - {quote(host['home'] + '/target')} {host['name']}")
        stdin.write(script)
        stdin.channel.shutdown_write()
        stdout.read()
        return stdout.channel.recv_exit_status()


with ThreadPoolExecutor(len(hosts)) as pool:
    sys.exit(any(pool.map(visit, hosts)))

"""One shell script for each host, all at once, over paramiko: HOSTS.json KNOWN_HOSTS SCRIPT."""
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from shlex import quote

from paramiko import HostKeys, RejectPolicy, SSHClient

list_file, known_hosts_file, script_file = sys.argv[1:]
with open(list_file, encoding='utf-8') as file:
    hosts = json.load(file)
with open(script_file, encoding='utf-8') as file:
    script = file.read()
# Read once: each client would take as long for it as for a login.
known_hosts = HostKeys(known_hosts_file)


def visit(host):
    with SSHClient() as client:
        name = f"[{host['address']}]:{host['port']}"
        for kind, key in (known_hosts.lookup(name) or {}).items():
            client.get_host_keys().add(name, kind, key)
        client.set_missing_host_key_policy(RejectPolicy())
        client.connect(host['address'], port=host['port'], username=host['user'], key_filename=host['keyFile'], allow_agent=False, look_for_keys=False)
        stdin, stdout, _ = client.exec_command(f"sh -s - {quote(host['home'] + '/target')} {quote(host['name'])}")
        stdin.write(script)
        stdin.channel.shutdown_write()
        stdout.read()
        return stdout.channel.recv_exit_status()


with ThreadPoolExecutor(len(hosts)) as pool:
    sys.exit(any(pool.map(visit, hosts)))

import { Type } from 'typebox';
import { defineModule, type Fact } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';

/** The boot that the host is in, by the kernel's random name for it (random(4)). */
const bootId: Fact<string> = {
  kind: 'boot',
  key: '',
  read: sh`cat /proc/sys/kernel/random/boot_id; [ ! -e /run/systemd/system ] || stat -c %Y /proc/1`,
  domains: ['*'],
  parse: ({ stdout }) => stdout.trim(),
};

/** A restart of the host. */
export default defineModule({
  summary: 'Restart the host and wait until it is back',
  args: Type.Object({
    reboot_timeout: Type.Integer({ default: 600, minimum: 1, description: 'Seconds to wait for the host to come back.' }),
    pre_reboot_delay: Type.Integer({ default: 0, minimum: 0, description: 'Seconds between the announcement and the restart.' }),
    post_reboot_delay: Type.Integer({ default: 0, minimum: 0, description: 'Seconds to wait before trying to connect again.' }),
    connect_timeout: Type.Optional(Type.Integer({ minimum: 1, description: 'As in Ansible; the timeout of the connection is used.' })),
    test_command: Type.String({ default: 'whoami', minLength: 1, description: 'What must succeed for the host to count as back.' }),
    msg: Type.String({ default: 'Reboot initiated by ctplay', description: 'What users who are logged in are told.' }),
    boot_time_command: Type.Optional(Type.String({ description: "As in Ansible; the kernel's own name for a boot tells them apart here." })),
    search_paths: Type.Array(Type.String(), { default: [], description: 'As in Ansible; the command is found by the PATH of the host.' }),
    reboot_command: Type.Optional(Type.String({ minLength: 1, description: 'What restarts the host; found by itself when left out.' })),
  }),
  returnValues: { rebooted: 'whether the host was restarted', elapsed: 'how many seconds it took' },
  examples: `
- reboot: {reboot_timeout: 120}
`,
  declarative: false,
  subject: () => 'reboot',
  facts: () => ({ boot: bootId }),
  *plan({ reboot_timeout, pre_reboot_delay, post_reboot_delay, test_command, msg, reboot_command }, { boot }) {
    const command = reboot_command === undefined ? sh`systemctl reboot --message=${msg} 2>/dev/null || reboot || /sbin/reboot` : sh`/bin/sh -c ${reboot_command}`;
    const announce = pre_reboot_delay === 0 ? nothing : sh`wall ${msg} 2>/dev/null; sleep ${pre_reboot_delay}; `;
    yield {
      action: 'run',
      subject: 'reboot',
      // The answer must be out before the connection is gone; so must the ledger.
      commands: [sh`${announce}sync; ( setsid sh -c ${`sleep 1; ${command.text}`} >/dev/null 2>&1 & )`],
      reconnect: {
        timeoutSeconds: reboot_timeout,
        delaySeconds: post_reboot_delay + 2,
        test: sh`[ "$(${bootId.read})" != ${boot} ] && /bin/sh -c ${test_command}`,
      },
      why: `the host counts as back when '${test_command}' succeeds in another boot`,
    };
  },
  returns: (_args, { results, now, before }) => ({ rebooted: results.length > 0 && now.boot !== before.boot }),
});

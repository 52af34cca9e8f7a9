/** playbooks/gre-lab.yaml on two lab hosts, against the same steps as a shell script over ssh and as an Ansible playbook. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { labPaths } from '../../src/lab/layout.ts';
import { sshArguments } from '../../src/lab/ssh.ts';
import { removeTestLab, startTestLab, type TestLab } from '../../test/harness/lab.ts';
import { endKeeper } from '../keeper.ts';
import { interleaved, type Contestant } from '../measure.ts';
import { atMost, type Comparison, type Part, type PartResult, type Settings } from '../part.ts';
import { closeMasters, ctplayBin, execute, firstContact } from '../peers.ts';

const part: Part = {
  name: 'gre-lab',
  title: 'The GRE lab on two hosts',
  async run(settings: Settings): Promise<PartResult> {
    const lab = await startTestLab({ base: 'full' });
    const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-bench-'));
    try {
      const ctplay: Contestant = { name: 'ctplay', command: [process.execPath, ctplayBin, 'run', 'playbooks/gre-lab.yaml', '-i', lab.inventory], ...firstContact(folder) };
      const reset: Contestant = { name: 'ctplay', command: [process.execPath, ctplayBin, 'reset', '-i', lab.inventory], ...firstContact(folder) };
      const script = scripted(lab, folder, 'up');
      const unscript = scripted(lab, folder, 'down');
      const ansible = ansibleOf(lab, folder);
      const after = (one: Contestant, ...earlier: readonly Contestant[]): Contestant => ({
        ...one,
        prepare: async () => {
          for (const before of [reset, unscript, ...earlier]) await execute(before);
          await one.prepare?.();
        },
      });
      const comparisons: Comparison[] = [];
      const compare = async (title: string, contestants: readonly Contestant[]): Promise<void> => {
        process.stderr.write(`${part.title}, ${title}\n`);
        comparisons.push({ part: part.title, title, figures: await interleaved(contestants, settings) });
      };
      const makers = [script, ctplay, ansible];
      await compare('first run', makers.map((one) => after(one)));
      // Each finds what it has made itself.
      await compare('no-op', makers.map((one) => after(one, one)));
      await compare('reset', [after(unscript, script), after(reset, ctplay)]);
      return {
        comparisons,
        goals: [...atMost('the GRE lab, first run', comparisons[0]!.figures, 'ctplay', script.name, 1), ...atMost('the GRE lab, no-op', comparisons[1]!.figures, 'ctplay', script.name, 1)],
      };
    } finally {
      await endKeeper(folder);
      await removeTestLab(lab.name);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
export default part;

/** gre-lab.sh on both hosts at once. */
function scripted(lab: TestLab, folder: string, what: 'up' | 'down'): Contestant {
  const one = (seat: number): string => {
    const [host, other] = [lab.hosts[seat]!, lab.hosts[1 - seat]!];
    return `ssh ${sshArguments(labPaths(), lab.name, host).join(' ')} sh -s - ${what} ${seat} ${host.underlayAddress} ${other.underlayAddress} <${path.resolve('bench/plays/gre-lab.sh')}`;
  };
  const file = path.join(folder, `${what}.sh`);
  writeFileSync(file, `${one(0)} & first=$!\n${one(1)} || exit 1\nwait $first\n`);
  return { name: 'script over ssh', command: ['sh', file] };
}

function ansibleOf(lab: TestLab, folder: string): Contestant {
  const sockets = path.join(folder, 'cp');
  mkdirSync(sockets);
  const config = path.join(folder, 'ansible.cfg');
  writeFileSync(config, '[defaults]\n');
  return {
    name: 'ansible',
    command: ['ansible-playbook', '-i', path.join(lab.inventory, 'hosts.yml'), 'bench/plays/gre-lab-ansible.yaml'],
    env: { ANSIBLE_CONFIG: config, ANSIBLE_SSH_CONTROL_PATH_DIR: sockets, HOME: folder, SSH_AUTH_SOCK: '' },
    prepare: () => closeMasters(sockets),
  };
}

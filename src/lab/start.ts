/** Starts a lab's processes, and waits until its hosts answer. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CtplayError } from '../errors.ts';
import { createCgroups } from './cgroups.ts';
import { ignoring, writeWhole } from './files.ts';
import { cgroupName, labFiles, labHosts, type LabHost, type LabPaths, type LabRecord } from './layout.ts';
import { createUplink, uplinkMtu } from './network.ts';
import { packagesFolder } from './packages.ts';
import { nameServers } from './resolver.ts';
import { bootScript, enterScript, hostScript, labScript } from './scripts/lab.ts';
import { examine, initOf, labGroup, stateFile } from './state.ts';

/** Starts the lab's init, which boots all hosts. Returns when they are booting; see waitForSsh. */
export async function startLab(paths: LabPaths, record: LabRecord): Promise<void> {
  const files = labFiles(paths, record.name);
  const hosts = labHosts(record);
  const mtu = await uplinkMtu();
  await writeScripts(files.scripts);
  const resolver = (await nameServers()).map((address) => `nameserver ${address}\n`).join('');
  for (const host of hosts) {
    await writeWhole(join(files.host(host.name), 'resolv.conf'), resolver);
    await writeWhole(stateFile(paths, record.name, host.name), 'on\n');
  }
  const cgroups = await createCgroups(cgroupName(record.name), labGroup);

  const namespaces = ['--pid', '--mount', '--net', '--uts', '--ipc', '--fork', '--propagation', 'private'];
  const log = await open(files.log, 'a');
  const init = spawn('sh', ['scripts/enter.sh', labGroup, 'unshare', ...namespaces, 'sh', 'scripts/lab.sh'], {
    cwd: files.root,
    detached: true,
    stdio: ['pipe', 'pipe', log.fd],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LAB_DIR: files.root,
      LAB_BASE: join(record.baseTree, 'tree'),
      LAB_PACKAGES: packagesFolder(paths),
      LAB_CGROUPS: cgroups.join(' '),
      MTU: String(mtu),
    },
  });
  const { stdin, stdout } = init;
  await log.close();
  const started = await Promise.race([
    once(stdout!, 'data').then(() => true),
    // Rejects when the program can't be run at all.
    once(init, 'exit').then(() => false),
  ]);
  if (!started) {
    const detail = (await readFile(files.log, 'utf8')).trim().split('\n').slice(-10).join('\n');
    throw new CtplayError('lab.system', `the lab '${record.name}' can't start on this machine`, { detail });
  }
  const pid = await initOf(record.name);
  if (pid === undefined) throw new CtplayError('lab.system', `the init of the lab '${record.name}' ended while it started`);
  await createUplink(record.name, record.number, pid, mtu);
  await new Promise<void>((resolve) => stdin!.end('go\n', () => resolve()));
  stdout!.destroy();
  init.unref();
  await supervised(paths, record);
}

/** Waits until every host has its supervisor: a lab without one is broken to whoever looks at it next. */
async function supervised(paths: LabPaths, record: LabRecord): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await examine(paths, record)).unsupervised.length > 0) {
    if (Date.now() > deadline) throw new CtplayError('lab.state', `the hosts of the lab '${record.name}' don't start`);
    await sleep(5);
  }
}

async function writeScripts(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const scripts = { 'enter.sh': enterScript, 'lab.sh': labScript, 'host.sh': hostScript, 'boot.sh': bootScript };
  // As new files: a shell that still runs the old ones reads on in them.
  for (const [name, text] of Object.entries(scripts)) await writeWhole(join(folder, name), text);
}

/** Switches a host on that is off. */
export async function powerOn(paths: LabPaths, name: string, host: string): Promise<void> {
  // The host's supervisor will say the same; until then a look at the file must not find the old state.
  await writeWhole(stateFile(paths, name, host), 'on\n');
  const power = join(labFiles(paths, name).host(host), 'power');
  const deadline = Date.now() + 2_000;
  for (;;) {
    // ENXIO: nobody reads yet; the supervisor is between its last two lines.
    const fifo = await ignoring(Date.now() < deadline ? ['ENXIO'] : [], open(power, constants.O_WRONLY | constants.O_NONBLOCK));
    if (fifo !== undefined) {
      await fifo.write('on\n');
      return fifo.close();
    }
    await sleep(10);
  }
}

/**
 * Waits until the SSH server of every host greets (RFC 4253 section 4.2); an open port alone says nothing. Throws
 * CtplayError `lab.state` when a host doesn't come up, with the end of what its boot printed.
 */
export async function waitForSsh(paths: LabPaths, record: LabRecord, ready: (host: LabHost) => void = () => undefined): Promise<void> {
  const deadline = Date.now() + 30_000 + 3_000 * record.hosts;
  await Promise.all(
    labHosts(record).map(async (host) => {
      while (!(await greets(host.managementAddress))) {
        const state = await ignoring(['ENOENT'], readFile(stateFile(paths, record.name, host.name), 'utf8'));
        if (Date.now() > deadline || !state?.startsWith('on')) throw await bootFailure(paths, record, host);
        await sleep(50);
      }
      ready(host);
    }),
  );
}

function greets(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 1_000 });
    const answer = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('data', (data) => answer(data.toString('latin1').startsWith('SSH-')));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
    socket.once('close', () => answer(false));
  });
}

async function bootFailure(paths: LabPaths, record: LabRecord, host: LabHost): Promise<CtplayError> {
  const folder = labFiles(paths, record.name).host(host.name);
  const console = await ignoring(['ENOENT'], readFile(join(folder, 'console.log'), 'utf8'));
  const supervisor = await ignoring(['ENOENT'], readFile(join(folder, 'supervisor.log'), 'utf8'));
  return new CtplayError('lab.state', `${host.name} did not come up`, {
    expected: `an SSH server at ${host.managementAddress}`,
    detail: `${supervisor ?? ''}${console ?? ''}`.trim().split('\n').slice(-20).join('\n'),
  });
}

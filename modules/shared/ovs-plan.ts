/** Plan pieces for Open vSwitch. */
import { PreconditionError } from '../../src/errors.ts';
import type { Change, JointWriter, Reading } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import type { OvsPort } from '../facts/ovs.ts';
import { ovsMark } from './mark.ts';

/** What changing a switch makes stale: a bridge has an interface of its name. */
export const ovsTouches: readonly string[] = ['ovs', 'link'];

/** Parts of one `ovs-vsctl` transaction: all of it happens, or nothing. Bounded, since it waits for the switch. */
export function vsctl(...parts: readonly Command[]): Command {
  return sh`ovs-vsctl --timeout=10 ${joinCommands(parts, ' -- ')}`;
}

const transactionWriter: JointWriter<Command> = { commands: (transactions) => [vsctl(...transactions)] };

/** A change that is one transaction. Those that follow one another become one: each waits until the switch has done it. */
export function transaction(...parts: readonly Command[]): Pick<Change, 'commands' | 'joint' | 'touches'> {
  return { commands: [vsctl(...parts)], joint: { writer: transactionWriter, request: joinCommands(parts, ' -- ') }, touches: ovsTouches };
}

/** What the switch says, or undefined where it has no such thing. Throws when the switch is not there or not running. */
export function requireOvs<T>(reading: Reading<T>): T | undefined {
  if (reading.state === 'present') return reading.value;
  if (reading.state === 'absent') return undefined;
  switch (reading.reason) {
    case 'not-installed':
      throw new PreconditionError('Open vSwitch is not installed on this host', { hint: 'Put a task `install_openvswitch:` before this one.' });
    case 'not-running':
      throw new PreconditionError('Open vSwitch is not running on this host', { found: reading.detail, hint: 'Start it: systemctl start openvswitch-switch' });
    default:
      throw new PreconditionError('Open vSwitch does not answer as it should', { found: reading.detail, ...(reading.reason === 'denied' ? { hint: 'Run the task as root: `become: true`.' } : {}) });
  }
}

/** A transaction part that sets a port's mark. */
export function markPort(port: string, module: string): Command {
  return sh`set port ${port} ${`external_ids:${ovsMark}=${module}`}`;
}

/** Plugs a port in a bridge, with its mark and, for an access port, its VLAN. */
export function addPort(bridge: string, port: string, module: string, tag: number | undefined): Command {
  return joinCommands([sh`add-port ${bridge} ${port}${tag === undefined ? nothing : sh` ${`tag=${tag}`}`}`, markPort(port, module)], ' -- ');
}

/** The VLAN of a port that is there; undefined leaves it as it is, null makes it a trunk. */
export function* tagChange(subject: string, port: OvsPort, wanted: number | null | undefined): Generator<Change> {
  if (wanted === undefined || (port.tag ?? null) === wanted) return;
  yield {
    action: 'update',
    subject: `${subject}: VLAN`,
    ...(port.tag === undefined ? {} : { from: port.tag }),
    ...(wanted === null ? {} : { to: wanted }),
    ...transaction(wanted === null ? sh`clear port ${port.name} tag` : sh`set port ${port.name} ${`tag=${wanted}`}`),
  };
}

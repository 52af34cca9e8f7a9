/** Connections that outlive what they were made for: ControlMaster and ControlPersist of ssh_config(5). */

/** What one source says; absent where it says nothing. */
export interface Sharing {
  /** Whether ControlMaster lets others use a connection. */
  readonly master?: boolean;
  /** ControlPersist: milliseconds that an idle connection is kept, 0 for none, Infinity for as long as it holds. */
  readonly persistMs?: number;
}

/** What is said to ctplay itself: its options, ansible.cfg, the inventory. */
export interface OwnSharing extends Sharing {
  /** What counts where nobody names a time or refuses to share: milliseconds as above. */
  readonly usualMs?: number;
}

/** As Ansible does, whose ssh_args are `-C -o ControlMaster=auto -o ControlPersist=60s` by default. */
export const USUAL_PERSIST_MS = 60_000;

const SECONDS_OF: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** Undefined for what is no value of ControlMaster. Nobody can be asked for each use, so what asks for that shares nothing. */
export function controlMaster(text: string): boolean | undefined {
  if (/^(?:yes|true|auto)$/i.test(text)) return true;
  return /^(?:no|false|ask|autoask)$/i.test(text) ? false : undefined;
}

/** Milliseconds, as above; undefined for what is no value of ControlPersist. Times are those of sshd_config(5), TIME FORMATS: `1h30m`. */
export function controlPersist(text: string): number | undefined {
  if (/^(?:no|false)$/i.test(text)) return 0;
  if (/^(?:yes|true)$/i.test(text)) return Infinity;
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) return undefined;
  const seconds = [...text.matchAll(/(\d+)([smhdw]?)/gi)].reduce((sum, [, number, unit]) => sum + Number(number) * SECONDS_OF[unit!.toLowerCase()]!, 0);
  return seconds === 0 ? Infinity : seconds * 1_000;
}

/**
 * How long a connection is kept after a run, in milliseconds. As in ssh, ControlPersist of a configuration file takes ControlMaster to have
 * any effect; who gives it to ctplay itself can only mean that, and what is usual shares.
 * @param file what ssh_config(5) says
 */
export function keptMs(own: OwnSharing, file: Sharing): number {
  const master = own.master ?? file.master ?? (own.persistMs ?? own.usualMs) !== undefined;
  return master ? (own.persistMs ?? file.persistMs ?? own.usualMs ?? 0) : 0;
}

/** Whether that time is the usual one, which nobody has asked for. */
export function keptAsUsual(own: OwnSharing, file: Sharing): boolean {
  return (own.persistMs ?? file.persistMs) === undefined;
}

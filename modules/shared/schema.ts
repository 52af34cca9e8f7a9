/** Arguments that network modules share, and the checks on them that a JSON schema can't put into words. */
import { Type, type TEnum, type TInteger, type TString, type TBoolean } from 'typebox';
import type { ArgumentProblem } from '../../src/module.ts';
import { parseAddress, parseCidr } from './address.ts';

type Path = ArgumentProblem['path'];

export const stateArgument: TEnum<['present', 'absent']> = Type.Enum(['present', 'absent'], {
  default: 'present',
  description: '`present` makes it, and mends what differs; `absent` deletes it.',
});

export const forceArgument: TBoolean = Type.Boolean({
  default: false,
  description: 'Also replace or delete what ctplay did not make.',
});

export function interfaceName(description: string): TString {
  return Type.String({ minLength: 1, description: `${description} At most 15 characters.` });
}

/** Bytes of an IP packet, as `ip link` shows it. */
export function mtuArgument(description: string): TInteger {
  return Type.Integer({ minimum: 68, maximum: 65_535, description });
}

/** IEEE 802.1Q. */
export function vlanArgument(description: string): TInteger {
  return Type.Integer({ minimum: 1, maximum: 4094, description });
}

/** The kernel's rules (dev_valid_name): 1 to 15 bytes, no slash, colon or white space, not `.` or `..`. */
export function* interfaceNameProblems(path: Path, name: string | undefined): Generator<ArgumentProblem> {
  if (name === undefined) return;
  const length = Buffer.byteLength(name);
  if (length > 15) {
    yield { path, message: `the interface name '${name}' has ${length} characters; Linux allows at most 15`, hint: `Shorten it, for example to '${name.slice(0, 15)}'.` };
  } else if (name === '.' || name === '..' || /[/:\s]/.test(name)) {
    yield { path, message: `'${name}' can't be the name of an interface: Linux allows no slash, colon or blank in it` };
  }
}

/** An address with its prefix length. */
export function* cidrProblems(path: Path, text: string | undefined): Generator<ArgumentProblem> {
  if (text === undefined || parseCidr(text) !== undefined) return;
  const bare = parseAddress(text) !== undefined;
  yield {
    path,
    message: bare ? `the address '${text}' lacks the prefix length of its network` : `'${text}' is not an address with a prefix length`,
    hint: bare ? `Write it as '${text}/24', with the length that your network has.` : "Write it like '172.15.42.1/24'.",
  };
}

/** An address without a prefix length. */
export function* addressProblems(path: Path, text: string | undefined): Generator<ArgumentProblem> {
  if (text === undefined || parseAddress(text) !== undefined) return;
  yield { path, message: `'${text}' is not an IP address`, ...(text.includes('/') ? { hint: 'Leave out the prefix length.' } : {}) };
}

/** A hardware address of six bytes that is no multicast one. */
export function* macProblems(path: Path, text: string | undefined): Generator<ArgumentProblem> {
  if (text === undefined) return;
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) {
    yield { path, message: `'${text}' is not a MAC address`, hint: "Write it like '02:00:ac:0f:2a:64'." };
  } else if ((Number.parseInt(text.slice(0, 2), 16) & 1) === 1) {
    yield { path, message: `the MAC address '${text}' is a multicast address (its first byte is odd)` };
  }
}

/** What ssh_config(5) says of one host: the user's file first, then the system's; the first value of a keyword wins. */
import { resolve } from 'node:path';
import { CtplayError } from '../../errors.ts';
import { parseConfig } from './config-file.ts';
import { matchesList, matchesPattern } from './pattern.ts';
import { controlMaster, controlPersist } from './sharing.ts';
import type { Sharing } from './sharing.ts';

/** The files and names that a configuration is read against. */
export interface ConfigWorld {
  readonly home: string;
  /** Where relative paths begin; this process's working folder by default. */
  readonly folder?: string;
  readonly localUser: string;
  /** Configuration files in the order of their precedence; those that don't exist are passed over. */
  readonly files: readonly string[];
  /** The text of a file, or undefined when there is none. */
  read(path: string): string | undefined;
  /** The paths that a pattern of Include stands for, sorted. */
  glob(pattern: string): readonly string[];
}

/** The keywords that ctplay follows, with tokens expanded; absent where nothing is said. */
export interface HostConfig {
  readonly hostName?: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** A socket, or `none`. */
  readonly identityAgent?: string;
  /** As written, `none` left out. */
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  readonly userKnownHostsFiles?: readonly string[];
  readonly globalKnownHostsFiles?: readonly string[];
  readonly hostKeyAlias?: string;
  readonly hashKnownHosts: boolean;
  readonly strictHostKeyChecking?: 'strict' | 'accept-new' | 'off';
  readonly connectTimeoutMs?: number;
  readonly sharing: Sharing;
}

type Values = Map<string, string[][]>;

const MAX_DEPTH = 16;

/**
 * @param host the name as given, which `Host` patterns are matched against
 * @param user the user given elsewhere (inventory), which wins over `User`
 * @throws CtplayError ssh.config with the line
 */
export function hostConfig(world: ConfigWorld, host: string, user?: string, port?: number): HostConfig {
  const values: Values = new Map();
  for (const file of world.files) apply(world, file, host, user, values, 0);
  const first = (keyword: string): string | undefined => values.get(keyword)?.[0]?.[0];
  const hostName = expandTokens(first('hostname') ?? host, { h: host, n: host });
  const effectiveUser = user ?? first('user') ?? world.localUser;
  const effectivePort = port ?? portOf(first('port'));
  const tokens = { h: hostName, n: host, p: String(effectivePort ?? 22), r: effectiveUser, u: world.localUser, d: world.home };
  const path = (text: string): string => resolve(world.folder ?? '', expandTokens(text.replace(/^~(?=\/|$)/, world.home), tokens));
  const optional = <T>(key: keyof HostConfig, value: T | undefined): object => (value === undefined ? {} : { [key]: value });
  const jump = first('proxyjump');
  const command = first('proxycommand');
  // Whichever of the two is named first rules; `values` keeps the order in which keywords were met.
  const route = [...values.keys()].find((keyword) => keyword === 'proxyjump' || keyword === 'proxycommand');
  return {
    identityFiles: (values.get('identityfile') ?? []).map(([file]) => file!).filter((file) => file.toLowerCase() !== 'none').map(path),
    identitiesOnly: isYes(first('identitiesonly')),
    hashKnownHosts: isYes(first('hashknownhosts')),
    sharing: sharingOf(first('controlmaster'), first('controlpersist')),
    ...optional('hostName', first('hostname') === undefined ? undefined : hostName),
    ...optional('user', first('user')),
    ...optional('port', portOf(first('port'))),
    ...optional('identityAgent', agentPath(first('identityagent'), path)),
    ...optional('proxyJump', route === 'proxyjump' && jump !== 'none' ? expandTokens(jump!, tokens) : undefined),
    ...optional('proxyCommand', route === 'proxycommand' && command !== 'none' ? expandTokens(command!, tokens) : undefined),
    ...optional('userKnownHostsFiles', values.get('userknownhostsfile')?.[0]?.map(path)),
    ...optional('globalKnownHostsFiles', values.get('globalknownhostsfile')?.[0]?.map(path)),
    ...optional('hostKeyAlias', first('hostkeyalias')),
    ...optional('strictHostKeyChecking', checkingOf(first('stricthostkeychecking'))),
    ...optional('connectTimeoutMs', secondsOf(first('connecttimeout'))),
  };
}

function apply(world: ConfigWorld, file: string, host: string, user: string | undefined, values: Values, depth: number): void {
  if (depth > MAX_DEPTH) throw new CtplayError('ssh.config', `${file} is included in itself`);
  const text = world.read(file);
  if (text === undefined) return;
  let active = true;
  for (const { keyword, words, line } of parseConfig(text, file)) {
    if (keyword === 'host') active = matchesList(host, words);
    else if (keyword === 'match') active = matchApplies(words, host, user, values, world.localUser);
    else if (!active) continue;
    else if (keyword === 'include') {
      for (const pattern of words) {
        for (const included of world.glob(includePath(pattern, file, world.home))) apply(world, included, host, user, values, depth + 1);
      }
    } else if (keyword === 'identityfile') values.set(keyword, [...(values.get(keyword) ?? []), [...words]]);
    else if (!values.has(keyword)) {
      validate(keyword, words[0]!, { file, line, column: 1 });
      values.set(keyword, [[...words]]);
    }
  }
}

/** Criteria of Match: all, host, originalhost, user, localuser. Others (exec, canonical, final, …) never hold here. */
function matchApplies(words: readonly string[], host: string, user: string | undefined, values: Values, localUser: string): boolean {
  for (let position = 0; position < words.length; position++) {
    const negated = words[position]!.startsWith('!');
    const criterion = words[position]!.slice(negated ? 1 : 0).toLowerCase();
    if (criterion === 'all') continue;
    const subjects: Record<string, string> = {
      host: expandTokens(values.get('hostname')?.[0]?.[0] ?? host, { h: host, n: host }),
      originalhost: host,
      user: user ?? values.get('user')?.[0]?.[0] ?? localUser,
      localuser: localUser,
    };
    const subject = subjects[criterion];
    const patterns = words[++position];
    if (subject === undefined || patterns === undefined) return false;
    if (matchesList(subject, patterns.split(',')) === negated) return false;
  }
  return true;
}

function includePath(pattern: string, from: string, home: string): string {
  if (pattern.startsWith('~/')) return `${home}${pattern.slice(1)}`;
  if (pattern.startsWith('/')) return pattern;
  return `${from.startsWith('/etc/ssh/') ? '/etc/ssh' : `${home}/.ssh`}/${pattern}`;
}

/** Replaces `%h` and its like; `%%` is a percent sign. Unknown tokens stay as they are. */
export function expandTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replace(/%(.)/g, (whole, token: string) => (token === '%' ? '%' : (tokens[token] ?? whole)));
}

function validate(keyword: string, value: string, span: { file: string; line: number; column: number }): void {
  if (keyword === 'port' && portOf(value) === undefined) {
    throw new CtplayError('ssh.config', 'Port is no port number', { span, expected: '1 to 65535', found: value });
  }
  if (keyword === 'controlmaster' && controlMaster(value) === undefined) {
    throw new CtplayError('ssh.config', 'ControlMaster has no such value', { span, expected: 'yes, no, auto, ask or autoask', found: value });
  }
  if (keyword === 'controlpersist' && controlPersist(value) === undefined) {
    throw new CtplayError('ssh.config', 'ControlPersist is no time', { span, expected: 'yes, no or a time such as 10m', found: value });
  }
}

function sharingOf(master: string | undefined, persist: string | undefined): Sharing {
  const shared = master === undefined ? undefined : controlMaster(master);
  const persistMs = persist === undefined ? undefined : controlPersist(persist);
  return { ...(shared === undefined ? {} : { master: shared }), ...(persistMs === undefined ? {} : { persistMs }) };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) && text !== '0' ? Number(text) * 1000 : undefined;
}

function checkingOf(text: string | undefined): 'strict' | 'accept-new' | 'off' | undefined {
  switch (text?.toLowerCase()) {
    case 'yes':
    case 'true':
    case 'ask':
      return 'strict';
    case 'accept-new':
      return 'accept-new';
    case 'no':
    case 'off':
    case 'false':
      return 'off';
    default:
      return undefined;
  }
}

function agentPath(text: string | undefined, path: (text: string) => string): string | undefined {
  if (text === undefined || text === 'SSH_AUTH_SOCK') return undefined;
  return text.toLowerCase() === 'none' ? 'none' : path(text);
}

function isYes(text: string | undefined): boolean {
  return text !== undefined && matchesPattern(text, 'yes');
}

import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';
import { file } from './facts/file.ts';
import { statFact, unreadStat, type ChecksumAlgorithm } from './facts/stat.ts';
import { affects } from './shared/affects.ts';
import { attributeArguments, attributeChanges, attributeProblems, modeOfNew, modeToSet, ownersToSet } from './shared/attributes.ts';
import { downloadTo } from './shared/download.ts';
import { backupReturn, backupReturnValue, fileReturns, fileReturnValues } from './shared/file-returns.ts';
import { keep, markWritten } from './shared/keep.ts';
import { joinPath, nameOf, parentOf, pathWord } from './shared/path.ts';
import { fileToRevert, givenOwners, known, requireParent, revertFile, summary, timestampedCopy } from './shared/place-file.ts';
import { fileRefusals, httpRefusals } from './shared/refusals.ts';

const args = Type.Object({
  url: Type.String({ pattern: '^(https?|ftp|file)://', description: 'What to download.' }),
  dest: Type.String({ minLength: 1, description: 'The path on the host. An existing directory, or a trailing slash, means: in there, under the name in the URL.' }),
  checksum: Type.Optional(Type.String({ pattern: '^((md5|sha1|sha224|sha256|sha384|sha512):\\S+)?$', expects: 'a digest such as sha256:HEX', description: 'The digest that the file must have: `sha256:HEX`. A file that has it is not downloaded again.' })),
  force: Type.Boolean({ default: false, description: 'Download again although the file is there.' }),
  ...attributeArguments,
  backup: Type.Boolean({ default: false, description: 'Leave a copy of what is replaced beside it, with the time in its name.' }),
  headers: Type.Optional(Type.Unsafe<Readonly<Record<string, string>>>({ type: 'object', additionalProperties: { type: 'string' }, description: 'Headers of the request.' })),
  timeout: Type.Integer({ default: 10, minimum: 1, description: 'Seconds to wait for the connection.' }),
  url_username: Type.Optional(Type.String({ aliases: ['username'], description: 'The user for HTTP basic authentication.' })),
  url_password: Type.Optional(Type.String({ secret: true, aliases: ['password'], description: 'The password for HTTP basic authentication.' })),
  validate_certs: Type.Boolean({ default: true, description: 'Check the certificate of the server.' }),
  client_cert: Type.Optional(Type.String({ description: "A file of the host with the client's certificate, in PEM. Needs curl or wget." })),
  client_key: Type.Optional(Type.String({ description: 'A file of the host with its key, when that is not in `client_cert`.' })),
  use_proxy: Type.Boolean({ default: true, description: 'Go through the proxy that the environment names.' }),
  force_basic_auth: Type.Boolean({ default: false, description: 'As in Ansible; the login is always sent at once here.' }),
  decompress: Type.Boolean({ default: true, description: 'As in Ansible; nothing compressed is asked for.' }),
  tmp_dest: Type.Optional(Type.String({ description: 'As in Ansible; the download goes beside its destination, so that it can be put in place at once.' })),
  unsafe_writes: Type.Boolean({ default: false, description: 'As in Ansible; the file is always replaced at once.' }),
  http_agent: Type.String({ default: 'ansible-httpget', description: 'The name to send as user agent.' }),
});
type Args = Static<typeof args>;

/** A file from the net. */
export default defineModule({
  summary: 'Download a file to the host',
  description: 'The host downloads by itself, with curl, wget, or what apt brings along. A file that is there is left alone unless `checksum` says that it is another, or `force` is set.',
  args,
  refuses: { ...fileRefusals, ...httpRefusals },
  returnValues: {
    ...fileReturnValues('dest'), ...backupReturnValue,
    url: 'the argument', checksum_src: 'the SHA-1 of what came', checksum_dest: 'the SHA-1 of what was there before', md5sum: 'the MD5 of the file', msg: 'what the server said', status_code: 'the status of the answer', elapsed: 'how many seconds it took',
  },
  examples: `
- get_url:
    url: https://example.org/rootfs.tar
    dest: /srv/rootfs.tar
    checksum: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
`,
  *validate(given) {
    yield* attributeProblems(given);
    if (given.checksum !== undefined && given.checksum !== '' && !/^\w+:[0-9a-fA-F]+$/.test(given.checksum)) yield { path: ['checksum'], message: 'the file with checksums is not downloaded', hint: "Write the digest itself: `sha256:HEX`. `uri` with `return_content: true` reads such a file." };
  },
  subject: ({ dest }) => `file ${dest}`,
  facts({ url, dest, checksum }, _inputs, isLive = () => true) {
    const name = nameInUrl(url);
    const path = dest.endsWith('/') ? joinPath(dest, name) : dest;
    const algorithm = (checksum?.split(':')[0] || 'sha1') as ChecksumAlgorithm;
    const digestOf = (at: string, checksum: ChecksumAlgorithm): ReturnType<typeof statFact> => statFact(at, { follow: true, checksum, mime: false });
    return {
      target: file(path, { ...(dest.endsWith('/') ? {} : { inside: name }), follow: true, digest: true }),
      digest: digestOf(path, algorithm),
      inside: digestOf(joinPath(dest, name), algorithm),
      md5: isLive('md5sum') ? digestOf(path, 'md5') : unreadStat,
    };
  },
  *plan(given, { target, digest, inside }) {
    const state = known(target);
    if (state !== undefined && state.type !== 'file') throw new PreconditionError(`${target.path} is a ${state.type}`, { expected: 'a file, or nothing yet' });
    const [, wanted] = given.checksum?.toLowerCase().split(':') ?? [];
    const found = digest['isdir'] === true ? inside['checksum'] : digest['checksum'];
    if (state !== undefined && (wanted === undefined ? !given.force : found === wanted && !given.force)) {
      yield* attributeChanges(target.path, given, state);
      return;
    }
    if (state === undefined) requireParent(target);
    const mode = state ? (modeToSet(given, state) ?? state.mode) : modeOfNew(given, 0o666);
    const owners = state ? (ownersToSet(given, state) ?? `${state.uid}:${state.gid}`) : givenOwners(given);
    yield {
      // Nobody knows before the download what will come; with `force` it is never proven to be there.
      action: given.force ? 'run' : state ? 'update' : 'create',
      subject: `file ${target.path}`,
      ...(state ? { from: summary(state) } : {}),
      to: given.checksum ?? given.url,
      commands: [
        keep(target.path, state?.sha256, undefined),
        ...(given.backup && state ? [timestampedCopy(target.path)] : []),
        fetchCommand(given, target.path, mode, owners),
      ],
      ...affects(target.path),
    };
  },
  revertFacts: (_given, before) => ({ target: fileToRevert(before.target), digest: unreadStat, inside: unreadStat, md5: unreadStat }),
  *revert(_given, now, before): Iterable<Change> {
    yield* revertFile(now.target, before.target);
  },
  returns: ({ url, checksum }, { now, before, results }) => ({
    ...fileReturns(now.target, 'dest'),
    url,
    ...(checksum === undefined || checksum.startsWith('sha1:') ? { checksum_dest: before.digest['checksum'] ?? null } : {}),
    elapsed: Math.round(results.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0) / 1000),
    ...backupReturn(results),
    ...(checksum === undefined && now.digest['checksum'] !== undefined ? { checksum_src: now.digest['checksum'] } : {}),
    ...(now.target.state === 'present' && now.target.value.sha256 !== undefined ? { msg: `OK (${now.target.value.size} bytes)`, status_code: 200, ...(now.md5['checksum'] === undefined ? {} : { md5sum: now.md5['checksum'] }) } : {}),
  }),
});

/** Downloads beside the path, checks, marks what came as ctplay's, and moves it into place. */
function fetchCommand(given: Args, path: string, mode: string | undefined, owners: string | undefined) {
  const { url, timeout, headers, url_username: username, url_password: password, validate_certs: validateCertificates, http_agent: agent, client_cert: clientCertificate, client_key: clientKey, use_proxy: useProxy, checksum } = given;
  const [algorithm, digest] = checksum?.toLowerCase().split(':') ?? [];
  const check = digest === undefined ? nothing : sh` && { s=$(${`${algorithm}sum`} <"$t"); [ "\${s%% *}" = ${digest} ] || { echo "the file that came has another checksum: \${s%% *}" >&2; false; }; }`;
  return sh`p=${pathWord(path)}; t=${pathWord(joinPath(parentOf(path), `.${nameOf(path)}.ctplay`))}; rm -f "$t"; { ${downloadTo({ url, timeout, headers, username, password, validateCertificates, agent, clientCertificate, clientKey, useProxy })}; }${check}${
    owners === undefined ? nothing : sh` && chown ${owners} "$t"`
  }${mode === undefined ? nothing : sh` && chmod ${mode} "$t"`} && ${markWritten} && mv -fT "$t" "$p" || { rm -f "$t"; exit 1; }`;
}

function nameInUrl(url: string): string {
  const path = url.replace(/[?#].*$/, '').replace(/^\w+:\/\/[^/]*/, '');
  return nameOf(path) || 'index.html';
}

import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Fact } from '../src/module.ts';
import { httpCommand, parseResponse, type HttpRequest, type HttpResponse } from './facts/http.ts';
import { settled } from './facts/settled.ts';
import { each, httpRefusals } from './shared/refusals.ts';
import { guard, type GuardReading } from './shared/run-command.ts';

const args = Type.Object({
  url: Type.String({ pattern: '^https?://', description: 'Where the request goes.' }),
  method: Type.String({ default: 'GET', pattern: '^[A-Z]+$', description: 'The method. All but GET, HEAD and OPTIONS count as a change.' }),
  body: Type.Optional(Type.Unsafe<unknown>({ description: 'What is sent. Lists and maps as `body_format` says.' })),
  body_format: Type.Enum(['raw', 'json', 'form-urlencoded'], { default: 'raw', description: 'How `body` is written, and its content type.' }),
  headers: Type.Unsafe<Readonly<Record<string, string>>>({ type: 'object', additionalProperties: { type: 'string' }, default: {}, description: 'Headers of the request.' }),
  status_code: Type.Unsafe<number | readonly number[]>({ type: ['integer', 'array'], items: { type: 'integer' }, default: [200], description: 'Statuses that are right.' }),
  return_content: Type.Boolean({ default: false, description: 'Return the body as `content` also when it is not JSON.' }),
  timeout: Type.Integer({ default: 30, minimum: 1, description: 'Seconds for all of it.' }),
  validate_certs: Type.Boolean({ default: true, description: 'Check the certificate of the server.' }),
  follow_redirects: Type.Unsafe<string | boolean>({ type: ['string', 'boolean'], default: 'safe', description: '`none`, or `safe` and `all`, which are the same here.' }),
  url_username: Type.Optional(Type.String({ aliases: ['user'], description: 'The user for HTTP basic authentication.' })),
  url_password: Type.Optional(Type.String({ secret: true, aliases: ['password'], description: 'The password for HTTP basic authentication.' })),
  force_basic_auth: Type.Boolean({ default: false, description: 'As in Ansible; the login is always sent at once here.' }),
  http_agent: Type.String({ default: 'ansible-httpget', description: 'The name to send as user agent.' }),
  client_cert: Type.Optional(Type.String({ description: "A file of the host with the client's certificate, in PEM." })),
  client_key: Type.Optional(Type.String({ description: 'A file of the host with its key, when that is not in `client_cert`.' })),
  ca_path: Type.Optional(Type.String({ description: 'A file of the host with the authorities that are trusted, in PEM.' })),
  use_proxy: Type.Boolean({ default: true, description: 'Go through the proxy that the environment names.' }),
  decompress: Type.Boolean({ default: true, description: 'As in Ansible; nothing compressed is asked for.' }),
  force: Type.Boolean({ default: false, description: 'As in Ansible; nothing is cached here.' }),
  src: Type.Optional(Type.String({ minLength: 1, description: 'A file of the host to send instead of `body`. Needs `remote_src: true`.' })),
  remote_src: Type.Boolean({ default: false, description: '`src` is a file of the host.' }),
  unix_socket: Type.Optional(Type.String({ description: 'A socket of the host to go through.' })),
  creates: Type.Optional(Type.String({ minLength: 1, description: 'When this path is there, no request is made.' })),
  removes: Type.Optional(Type.String({ minLength: 1, description: 'When this path is not there, no request is made.' })),
});
type Args = Static<typeof args>;
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly guard: Fact<GuardReading>;
  readonly response: Fact<HttpResponse | undefined>;
}

/** A request to a web server, made by the host. */
export default defineModule<typeof args, Facts, undefined>({
  summary: 'Ask a web server',
  description: 'The host makes the request, with curl. Reading methods are made in check mode, too, and never count as changed.',
  args,
  refuses: {
    ...httpRefusals,
    ...each(['dest', 'mode', 'owner', 'group', 'unsafe_writes', 'attributes', 'attr', 'selevel', 'serole', 'setype', 'seuser'], 'A file from the net is for `get_url`; what was answered can be written with `copy: {content: …}`.'),
  },
  returnValues: {
    status: 'the status of the answer', msg: 'what the server said', url: 'the address that answered, after redirects', redirected: 'whether it is another than the one asked for', elapsed: 'how many seconds it took',
    json: 'the body as a value, where it is JSON', content: 'the body, with `return_content` or when the status is a wrong one', cookies: 'name → value of the cookies that were set', cookies_string: 'the same as one text',
    HEADER: 'each header of the answer, its name in small letters with `_` for `-`',
  },
  examples: `
- uri: {url: 'http://172.15.42.101:8080/health', status_code: [200, 204]}
  register: health
  until: health is succeeded
  retries: 5
`,
  *validate({ src, remote_src, body }) {
    if (src !== undefined && !remote_src) yield { path: ['src'], message: 'src is a file of the host here', hint: "Send one of the controller with `body: \"{{ lookup('file', 'NAME') }}\"`, or say remote_src: true." };
    if (src !== undefined && body !== undefined) yield { path: ['body'], message: 'src and body exclude each other' };
  },
  declarative: false,
  readWhen: 'due',
  subject: ({ method, url }) => `${method} ${url}`,
  facts: (given) => ({ guard: guard(guardsOf(given)), response: isReading(given) && given.creates === undefined && given.removes === undefined ? answer(given) : settled(undefined) }),
  *plan(given, now) {
    if (now.guard.reason !== undefined) return;
    if (now.response === undefined) {
      yield { action: 'run', subject: `${given.method} ${given.url}`, commands: [httpCommand(requestOf(given), [given.status_code].flat())] };
      return;
    }
    const { status, problem, installed } = now.response;
    if (!installed) throw new PreconditionError('curl is not installed on the host', { hint: 'Install the package curl.' });
    if (problem !== undefined) throw new PreconditionError(`${given.url} does not answer`, { found: problem });
    if (![given.status_code].flat().includes(status)) throw new PreconditionError(`${given.url} answered with status ${status}`, { expected: [given.status_code].flat().join(', '), found: now.response.body.slice(0, 500) });
  },
  returns(given, { now, results }) {
    if (now.guard.reason !== undefined) return { msg: `skipped, since '${now.guard.what}' ${now.guard.reason}` };
    const response = now.response ?? (results[0] ? parseResponse(results[0]) : undefined);
    if (!response) return {};
    const json = jsonOf(response);
    const content = given.return_content || (response.status > 0 && ![given.status_code].flat().includes(response.status)) ? { content: response.body } : {};
    const cookies = cookiesOf(response);
    return { ...response.headers, cookies, cookies_string: Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; '), status: response.status, url: response.url, redirected: response.url !== given.url && response.url !== `${given.url}/`, msg: response.problem ?? `OK (${response.body.length} bytes)`, elapsed: Math.round((results[0]?.durationMs ?? 0) / 1000), ...(json === undefined ? {} : { json }), ...content };
  },
});

const isReading = ({ method }: Args): boolean => ['GET', 'HEAD', 'OPTIONS'].includes(method);

function guardsOf({ creates, removes }: Args) {
  return { ...(creates === undefined ? {} : { creates }), ...(removes === undefined ? {} : { removes }) };
}

function answer(given: Args): Fact<HttpResponse> {
  return { kind: 'http', key: given.url, read: httpCommand(requestOf(given)), domains: ['*'], parse: parseResponse };
}

function requestOf(given: Args): HttpRequest {
  const { url, method, headers, body, body_format, timeout, validate_certs, follow_redirects, url_username, url_password, unix_socket } = given;
  const type = body === undefined ? undefined : { json: 'application/json', 'form-urlencoded': 'application/x-www-form-urlencoded', raw: undefined }[body_format];
  const named = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return {
    url, method, timeout, body: body === undefined ? undefined : bodyText(body, body_format), username: url_username, password: url_password, unixSocket: unix_socket,
    headers: { ...headers, ...(type === undefined || named ? {} : { 'Content-Type': type }) },
    agent: given.http_agent, clientCertificate: given.client_cert, clientKey: given.client_key, authorities: given.ca_path, useProxy: given.use_proxy, bodyFile: given.src,
    validateCertificates: validate_certs,
    followRedirects: follow_redirects !== 'none' && follow_redirects !== false,
  };
}

function bodyText(body: unknown, format: Args['body_format']): string {
  if (typeof body === 'string') return body;
  if (format !== 'form-urlencoded') return JSON.stringify(body);
  const entries = Object.entries(body as Record<string, unknown>).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, String(one)]));
  return new URLSearchParams(entries).toString();
}

function jsonOf({ headers, body }: HttpResponse): unknown {
  if (!/\bjson\b/.test(headers['content_type'] ?? '')) return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** Names and values of `Set-Cookie` headers (RFC 6265). */
function cookiesOf({ cookies }: HttpResponse): Record<string, string> {
  return Object.fromEntries(cookies.flatMap((line) => [/^([^=;]+)=([^;]*)/.exec(line)].flatMap((match) => (match ? [[match[1]!.trim(), match[2]!]] : []))));
}

/** An HTTP request that the host makes: curl(1). */
import { joinCommands, nothing, Secret, sh, type Command } from '../../src/shell.ts';
import { pathWord } from '../shared/path.ts';

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Seconds. */
  readonly timeout: number;
  readonly validateCertificates: boolean;
  readonly followRedirects: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly unixSocket?: string | undefined;
  readonly agent?: string;
  /** Files of the host in PEM: the client's certificate and key, and the authorities that are trusted. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly authorities?: string | undefined;
  readonly useProxy?: boolean;
  /** A file of the host that is sent instead of `body`. */
  readonly bodyFile?: string | undefined;
}

export interface HttpResponse {
  /** 0 when there was none. */
  readonly status: number;
  readonly url: string;
  /** Names in lower case with `_` for `-`, as Ansible returns them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was set by `Set-Cookie`, each as it came. */
  readonly cookies: readonly string[];
  readonly body: string;
  /** curl's complaint, when there was no answer. */
  readonly problem?: string;
  readonly installed: boolean;
}

/** The command that makes the request and prints what `parseResponse` reads. `accepted`: statuses with which it exits 0. */
export function httpCommand(request: HttpRequest, accepted?: readonly number[]): Command {
  const { url, method, headers, body, bodyFile, timeout, validateCertificates, followRedirects, username, password, unixSocket, agent, clientCertificate, clientKey, authorities, useProxy = true } = request;
  const file = (option: string, path: string | undefined): Command => (path === undefined ? nothing : sh`${option} ${pathWord(path)}`);
  const options = joinCommands(
    [
      method === 'HEAD' ? sh`-I` : sh`-X ${method}`,
      ...Object.entries(headers).map(([name, value]) => sh`-H ${/^authorization$/i.test(name) ? new Secret(`${name}: ${value}`) : `${name}: ${value}`}`),
      bodyFile !== undefined ? sh`--data-binary @${pathWord(bodyFile)}` : body === undefined ? nothing : sh`--data-binary @-`,
      sh`-m ${timeout}`,
      validateCertificates ? nothing : sh`-k`,
      followRedirects ? sh`-L` : nothing,
      username === undefined ? nothing : sh`-u ${new Secret(`${username}:${password ?? ''}`)}`,
      unixSocket === undefined ? nothing : sh`--unix-socket ${unixSocket}`,
      agent === undefined ? nothing : sh`-A ${agent}`,
      file('--cert', clientCertificate),
      file('--key', clientKey),
      file('--cacert', authorities),
      useProxy ? nothing : sh`--noproxy '*'`,
    ],
    ' ',
  );
  const check = accepted === undefined ? nothing : sh`; case $c in ${joinCommands(accepted.map((status) => sh`${status}`), ' | ')}) ;; *) echo "the server answered with status $c" >&2; exit 1 ;; esac`;
  const command = sh`command -v curl >/dev/null || { echo 'curl is not installed' >&2; exit 127; }; b=$(mktemp) && h=$(mktemp) && trap 'rm -f "$b" "$h"' EXIT; r=$(curl -sS -o "$b" -D "$h" -w '%{http_code} %{url_effective}' ${options} ${url}) || { s=$?; exit $s; }; c=\${r%% *}; printf '%s\\0' "$r"; cat "$h"; printf '\\0'; cat "$b"${check}`;
  return body === undefined ? command : command.withInput(body);
}

export function parseResponse({ status, stdout, stderr }: { readonly status: number | null; readonly stdout: string; readonly stderr: string }): HttpResponse {
  const [result = '', head = '', ...rest] = stdout.split('\0');
  const [code = '0', url = ''] = result.split(' ');
  // Each redirect has a block of its own; the last one counts.
  const last = head.trim().split(/\r?\n\r?\n/).at(-1) ?? '';
  const headers = last.split(/\r?\n/).flatMap((line): [string, string][] => {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name.toLowerCase().replaceAll('-', '_'), value!]];
  });
  const cookies = last.split(/\r?\n/).flatMap((line) => /^set-cookie:\s*(.*)$/i.exec(line)?.[1] ?? []);
  return { status: Number(code) || 0, url, cookies, headers: Object.fromEntries(headers), body: rest.join('\0'), installed: status !== 127, ...(Number(code) > 0 ? {} : { problem: stderr.trim() }) };
}

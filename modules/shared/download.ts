/** Downloads by the host itself, with what it has: curl(1), wget(1), or apt's own helper, which every Debian has. */
import { nothing, Secret, sh, type Command } from '../../src/shell.ts';
import { pathWord } from './path.ts';

export interface Download {
  readonly url: string;
  /** Seconds. */
  readonly timeout: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly validateCertificates: boolean;
  readonly agent: string;
  /** Files of the host with the client's certificate and its key, in PEM. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Go through the proxy that the environment names. */
  readonly useProxy?: boolean;
}

/** The command that writes the URL's content to the file `$t`. */
export function downloadTo(download: Download): Command {
  const { url, timeout, headers = {}, username, password, validateCertificates, agent, clientCertificate, clientKey, useProxy = true } = download;
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const login = username === undefined ? undefined : new Secret(`${username}:${password ?? ''}`);
  const plain = given.length === 0 && login === undefined && validateCertificates && clientCertificate === undefined && useProxy;
  const pem = (certificate: string, key: string): Command => sh`${clientCertificate === undefined ? nothing : sh`${certificate} ${pathWord(clientCertificate)} `}${clientKey === undefined ? nothing : sh`${key} ${pathWord(clientKey)} `}`;
  const curl = sh`curl -fsSL -A ${agent} --connect-timeout ${timeout} --speed-time ${timeout} ${validateCertificates ? nothing : sh`-k `}${useProxy ? nothing : sh`--noproxy '*' `}${pem('--cert', '--key')}${given.map((line) => sh`-H ${line} `)}${login === undefined ? nothing : sh`-u ${login} `}-o "$t" ${url}`;
  const wget = sh`wget -q -U ${agent} -T ${timeout} ${validateCertificates ? nothing : sh`--no-check-certificate `}${useProxy ? nothing : sh`--no-proxy `}${pem('--certificate', '--private-key')}${given.map((line) => sh`--header=${line} `)}${
    login === undefined ? nothing : sh`--user=${username!} --password=${new Secret(password ?? '')} `
  }-O "$t" ${url}`;
  const helper = plain ? sh` elif [ -x /usr/lib/apt/apt-helper ]; then /usr/lib/apt/apt-helper -o APT::Sandbox::User=root -o Acquire::http::Timeout=${timeout} download-file ${url} "$t" >/dev/null;` : nothing;
  return sh`if command -v curl >/dev/null; then ${curl}; elif command -v wget >/dev/null; then ${wget};${helper} else echo 'the host has neither curl nor wget' >&2; false; fi`;
}

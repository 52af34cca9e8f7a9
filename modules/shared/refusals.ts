/** Advice on arguments of Ansible's modules that several modules refuse. */

/** Arguments of all of Ansible's modules that write files. */
export const fileRefusals: Readonly<Record<string, string>> = {
  ...each(['attributes', 'attr'], 'Attributes of the file system are set by `command: chattr +i PATH`.'),
  ...each(['selevel', 'serole', 'setype', 'seuser'], 'SELinux contexts are set by `command: chcon …`.'),
};

/** Arguments of Ansible's modules that make HTTP requests. */
export const httpRefusals: Readonly<Record<string, string>> = {
  use_gssapi: 'Kerberos is not spoken; `command: curl --negotiate …` does.',
  use_netrc: 'Name the login with `url_username` and `url_password`.',
  unredirected_headers: 'Headers are sent to the whole way; set `follow_redirects: none`, or name the final address.',
  ciphers: "The ciphers are those of the host's curl.",
};

/** The same advice for several names. */
export function each(names: readonly string[], advice: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, advice]));
}

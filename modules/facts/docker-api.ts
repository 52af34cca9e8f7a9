/**
 * Questions to the Docker daemon (Docker Engine API). Its command line takes some thirty milliseconds of processor time to start, even to
 * print its version; perl, which every Debian has, asks the daemon's socket in two. Where that can't be (another daemon is chosen by
 * DOCKER_HOST or a context, no perl, no access to the socket) the command line is asked, and has the words for what is wrong.
 */
import { sh, type Command } from '../../src/shell.ts';

/** What is wanted of an object: its name in the answer, and where it stands: `Id`, `Config.Image`. */
export type Fields = Readonly<Record<string, string>>;

// Only the fields asked for leave the host: a container's environment holds passwords. The second expression is any JSON value; the socket
// is AF_UNIX, SOCK_STREAM (unix(7)); by HTTP/1.0 an answer comes in one piece, to the end of the connection. A status of 404 is an object
// that went away meanwhile.
const program = `
$value = qr/("(?:[^"\\\\]++|\\\\.)*+"|[[{](?:[^][{}"]++|(?-1))*+[]}]|[^][{},"]++)/s;
sub members {
  my ($json, %found) = @_; return {} if $json eq "null";
  $found{$1} = $2 while $json =~ /\\G[{,]"([^"\\\\]*)":$value/gc;
  $json =~ /\\G\\{?\\}$/ ? \\%found : exit 1
}
sub ask {
  socket(S, 1, 1, 0) && connect(S, pack("Sa108", 1, "/var/run/docker.sock")) or exit 1;
  syswrite S, "GET $_[0] HTTP/1.0\\r\\nHost: docker\\r\\n\\r\\n";
  local $/; my ($head, $body) = split /\\r\\n\\r\\n/, <S>, 2;
  $body =~ s/\\s+$//; $head =~ m{^HTTP/1.. 200} ? $body : $head =~ m{^HTTP/1.. 404} && $body =~ /no such/i ? "" : exit 1
}
sub one {
  my $all = members($_[0]); my %inner;
  "{" . join(",", map { my ($name, $at) = split /=/; my ($outer, $key) = split /\\./, $at; my $found = $all->{$outer};
    $found = ($inner{$outer} ||= members($found))->{$key} if defined $key; "\\"$name\\":" . ($found // "null") } @ARGV) . "}\\n"
}
($list, $item) = splice @ARGV, 0, 2; $listed = ask($list);
if ($listed =~ /^\\{/) { print one($listed); exit }
while ($listed =~ /\\G[[,]$value/gc) {
  my $object = $1;
  if ($item) { (my $path = $item) =~ s/%/substr members($object)->{Id}, 1, -1/e; $object = ask($path) or next }
  $out .= one($object)
}
$listed =~ /\\G\\[?\\]?$/ or exit 1; print $out`.trim();

/**
 * Prints one line of JSON for each object that `list` (a path of the API) names, or for the one that it is; with `item`, as it
 * is under that path, `%` standing for its identifier. Fails where the command line has to be asked.
 */
export function askDocker(list: string, item: string, fields: Fields): Command {
  const wanted = Object.entries(fields).map(([name, at]) => `${name}=${at}`);
  return sh`{ [ -z "$DOCKER_HOST$DOCKER_CONTEXT" ] && [ -S /var/run/docker.sock ] && command -v docker && { c=\${DOCKER_CONFIG:-$HOME/.docker}/config.json; [ ! -e "$c" ] || ! grep -q '"currentContext"' "$c"; }; } >/dev/null 2>&1 && perl -e ${program} ${list} ${item} ${wanted} 2>/dev/null`;
}

/** The same fields for `docker inspect -f`. */
export function formatOf(fields: Fields): string {
  return `{${Object.entries(fields).map(([name, at]) => `"${name}":{{json .${at}}}`).join(',')}}`;
}

/** Prints the process of a container that runs; nothing, or 0, where there is none. `name` as Docker takes it: a name or an identifier. */
export function containerProcess(name: string): Command {
  const byCommandLine = sh`docker inspect --type container -f '{{.State.Pid}}' ${name} 2>/dev/null`;
  if (!/^[\w.-]+$/.test(name)) return byCommandLine;
  return sh`{ p=$(${askDocker(`/containers/${name}/json`, '', { pid: 'State.Pid' })}) && { p=\${p#*:}; echo "\${p%\\}}"; } || ${byCommandLine}; }`;
}

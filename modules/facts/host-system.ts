/** Facts of the operating system: distribution, users, time, init, virtualization. */

type Fields = ReadonlyMap<string, string>;

export function systemFacts(fields: Fields): Record<string, unknown> {
  return { ...kernelFacts(fields), ...distributionFacts(fields), ...userFacts(fields), ...dateFacts(fields), ...runtimeFacts(fields), ...virtualizationFacts(fields) };
}

function kernelFacts(fields: Fields): Record<string, unknown> {
  const words = text(fields, 'uname').split(' ');
  const [system = '', nodename = '', kernel = ''] = words;
  const machine = words.at(-1) ?? '';
  const fqdn = text(fields, 'fqdn') || nodename;
  return {
    system,
    nodename,
    hostname: nodename.split('.')[0],
    fqdn,
    domain: fqdn.split('.').slice(1).join('.'),
    kernel,
    kernel_version: words.slice(3, -1).join(' '),
    machine,
    architecture: machine,
    userspace_architecture: machine,
    userspace_bits: /64|s390x/.test(machine) ? '64' : '32',
    machine_id: text(fields, 'machine_id'),
    cmdline: Object.fromEntries(commandLine(fields)),
    proc_cmdline: commandLine(fields).reduce<Record<string, unknown>>((all, [key, value]) => ({ ...all, [key]: key in all ? [all[key], value].flat() : value }), {}),
  };
}

function commandLine(fields: Fields): [string, string | true][] {
  return text(fields, 'cmdline')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => (word.includes('=') ? [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] : [word, true]));
}

const names: Readonly<Record<string, readonly [distribution: string, family: string]>> = {
  debian: ['Debian', 'Debian'],
  ubuntu: ['Ubuntu', 'Debian'],
  raspbian: ['Debian', 'Debian'],
  linuxmint: ['Linux Mint', 'Debian'],
  kali: ['Kali', 'Debian'],
  devuan: ['Devuan', 'Debian'],
  fedora: ['Fedora', 'RedHat'],
  centos: ['CentOS', 'RedHat'],
  rhel: ['RedHat', 'RedHat'],
  rocky: ['Rocky', 'RedHat'],
  almalinux: ['AlmaLinux', 'RedHat'],
  ol: ['OracleLinux', 'RedHat'],
  amzn: ['Amazon', 'RedHat'],
  'opensuse-leap': ['openSUSE Leap', 'Suse'],
  'opensuse-tumbleweed': ['openSUSE Tumbleweed', 'Suse'],
  sles: ['SLES', 'Suse'],
  arch: ['Archlinux', 'Archlinux'],
  manjaro: ['Archlinux', 'Archlinux'],
  alpine: ['Alpine', 'Alpine'],
  gentoo: ['Gentoo', 'Gentoo'],
};

function distributionFacts(fields: Fields): Record<string, unknown> {
  const release = parseAssignments(text(fields, 'os-release'));
  const id = release.get('ID') ?? '';
  const [distribution, os_family] = names[id] ?? [release.get('NAME') ?? 'NA', release.get('NAME') ?? 'NA'];
  // os-release of Debian knows only the major version.
  const point = id === 'debian' && /^\d+\.\d+$/.test(text(fields, 'debian_version')) ? text(fields, 'debian_version') : undefined;
  const version = point ?? release.get('VERSION_ID') ?? 'NA';
  const codename = release.get('VERSION_CODENAME') ?? /\((\w+)/.exec(release.get('VERSION') ?? '')?.[1] ?? 'NA';
  return {
    distribution,
    os_family,
    distribution_version: version,
    distribution_major_version: version.split('.')[0],
    ...(version.includes('.') ? { distribution_minor_version: version.split('.')[1] } : {}),
    distribution_release: codename,
    distribution_file_parsed: release.size > 0,
    distribution_file_path: '/etc/os-release',
    distribution_file_variety: os_family,
    lsb: { codename, description: release.get('PRETTY_NAME') ?? '', id: distribution, major_release: version.split('.')[0], release: release.get('VERSION_ID') ?? version },
    ...(fields.has('pkg_mgr') ? { pkg_mgr: fields.get('pkg_mgr') } : { pkg_mgr: 'unknown' }),
  };
}

function userFacts(fields: Fields): Record<string, unknown> {
  const [user_id = '', , uid, gid, gecos = '', home = '', shell = ''] = text(fields, 'passwd').split(':');
  const [, effective, group] = /uid=(\d+).*? gid=(\d+)/.exec(text(fields, 'id')) ?? [];
  return {
    user_id: user_id || (/uid=\d+\(([^)]*)\)/.exec(text(fields, 'id'))?.[1] ?? ''),
    user_uid: Number(uid ?? effective),
    user_gid: Number(gid ?? group),
    user_gecos: gecos,
    user_dir: home,
    user_shell: shell,
    real_user_id: Number(effective),
    effective_user_id: Number(effective),
    real_group_id: Number(group),
    effective_group_id: Number(group),
  };
}

function dateFacts(fields: Fields): Record<string, unknown> {
  const [year, month, day, hour, minute, second, epoch, nanoseconds, tz, tz_offset, weekday, weekday_number, weeknumber] = text(fields, 'date').split(' ');
  if (epoch === undefined) return {};
  const utc = new Date(Number(epoch) * 1000).toISOString().slice(0, 19);
  const micro = (nanoseconds ?? '').slice(0, 6).padEnd(6, '0');
  const short = `${year}${month}${day}T${hour}${minute}${second}`;
  const time = {
    year, month, day, hour, minute, second, epoch, epoch_int: epoch, tz, tz_dst: tz, tz_offset, weekday, weekday_number, weeknumber,
    date: `${year}-${month}-${day}`,
    time: `${hour}:${minute}:${second}`,
    iso8601: `${utc}Z`,
    iso8601_micro: `${utc}.${micro}Z`,
    iso8601_basic: `${short}${micro}`,
    iso8601_basic_short: short,
  };
  return { date_time: time };
}

/** By the name of process 1; `init` may be of either kind, and a shell or nothing says that it can't be seen. */
function serviceManager(init: string, systemd: boolean): string {
  if (init !== '' && init !== 'init' && !init.endsWith('sh')) return init;
  return systemd ? 'systemd' : init === 'init' ? 'sysvinit' : 'service';
}

function runtimeFacts(fields: Fields): Record<string, unknown> {
  const [one, five, fifteen] = text(fields, 'loadavg').split(' ').map(Number);
  const selinux = text(fields, 'selinux');
  return {
    service_mgr: serviceManager(text(fields, 'init'), fields.has('systemd')),
    uptime_seconds: Math.floor(Number(text(fields, 'uptime').split(' ')[0] ?? 0)),
    loadavg: { '1m': one, '5m': five, '15m': fifteen },
    apparmor: { status: text(fields, 'apparmor') === 'Y' ? 'enabled' : 'disabled' },
    selinux: selinux === '' ? { status: 'disabled' } : { status: 'enabled', mode: selinux === '1' ? 'enforcing' : 'permissive' },
    fips: text(fields, 'fips') === '1',
  };
}

/** Ansible's names for what systemd-detect-virt(1) answers, where they differ. */
const technologies: Readonly<Record<string, string>> = { oracle: 'virtualbox', vmware: 'VMware', microsoft: 'VirtualPC', qemu: 'kvm', 'container-other': 'container', amazon: 'kvm', 'systemd-nspawn': 'container' };

function virtualizationFacts(fields: Fields): Record<string, unknown> {
  const detected = text(fields, 'virt');
  const type = fields.has('dockerenv') ? 'docker' : fields.has('containerenv') ? 'podman' : text(fields, 'container') || (detected === 'none' ? '' : detected);
  if (type === '') return { virtualization_type: 'NA', virtualization_role: 'NA', virtualization_tech_guest: [], virtualization_tech_host: [] };
  const technology = technologies[type] ?? type;
  return { virtualization_type: technology, virtualization_role: 'guest', virtualization_tech_guest: [technology], virtualization_tech_host: [] };
}

/** `KEY=value` lines with shell quotes, as in os-release(5). */
export function parseAssignments(content: string): ReadonlyMap<string, string> {
  const pairs = content.split('\n').flatMap((line): [string, string][] => {
    const match = /^\s*([A-Za-z_]\w*)=(.*?)\s*$/.exec(line);
    return match ? [[match[1]!, match[2]!.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(.)/g, '$1')]] : [];
  });
  return new Map(pairs);
}

function text(fields: Fields, name: string): string {
  return (fields.get(name) ?? '').trim();
}

import { describe, expect, it } from 'vitest';
import { basePackages, parseAptSettings, parseAptSources, sourceLine } from '../../../src/lab/base.ts';
import { parseHierarchies } from '../../../src/lab/cgroups.ts';

describe('parseAptSources', () => {
  it.each<[string, string[], string[]]>([
    [
      "Debian's own suites",
      [
        'http://deb.debian.org/debian bookworm main Packages $(SIGNED_BY)',
        'http://deb.debian.org/debian bookworm main Translations $(SIGNED_BY)',
        'http://deb.debian.org/debian bookworm-updates main Packages $(SIGNED_BY)',
        'http://deb.debian.org/debian-security bookworm-security main Packages $(SIGNED_BY)',
      ],
      [
        'deb http://deb.debian.org/debian bookworm main',
        'deb http://deb.debian.org/debian bookworm-updates main',
        'deb http://deb.debian.org/debian-security bookworm-security main',
      ],
    ],
    [
      'a mirror with a key of its own',
      ['https://mirror.example/debian bookworm main Packages /etc/apt/keyrings/mirror.gpg'],
      ['deb [signed-by=/etc/apt/keyrings/mirror.gpg] https://mirror.example/debian bookworm main'],
    ],
    [
      'no third parties, other releases or components',
      [
        'https://deb.nodesource.com/node_20.x nodistro main Packages',
        'https://download.docker.com/linux/debian bookworm stable Packages',
        'http://deb.debian.org/debian bookworm-backports main Packages',
        'http://deb.debian.org/debian trixie main Packages',
        'http://deb.debian.org/debian bookworm non-free Packages',
        '',
      ],
      [],
    ],
  ])('gives %s', (_, lines, expected) => {
    expect(parseAptSources(lines.join('\n'), 'bookworm').map(sourceLine)).toEqual(expected);
  });
});

describe('parseAptSettings', () => {
  it('keeps what it takes to reach the archive, and nothing else', () => {
    const wanted = [
      'Acquire::http::Proxy "http://proxy:3142/";',
      'Acquire::https::proxy::deb.debian.org "DIRECT";',
      'Acquire::https::CaInfo "/etc/ssl/certs/own.pem";',
      'Acquire::Check-Valid-Until "false";',
      'Acquire::ForceIPv4 "true";',
    ];
    const others = ['Acquire "";', 'Acquire::http::Proxy "";', 'Acquire::Languages:: "none";', 'APT::Install-Recommends "1";', 'DPkg::Post-Invoke:: "rm Proxy";', ''];
    expect(parseAptSettings([...wanted, ...others].join('\n'))).toEqual(wanted);
  });
});

describe('basePackages', () => {
  it('leave to the modules what modules install', () => {
    for (const name of ['docker.io', 'openvswitch-switch', 'lxc']) {
      expect(basePackages.minimal).not.toContain(name);
      expect(basePackages.full).toContain(name);
    }
  });
});

describe('parseHierarchies', () => {
  it.each<[string, string[], string[]]>([
    ['v2 alone', ['proc /proc proc rw 0 0', 'cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0'], ['/sys/fs/cgroup']],
    [
      'v1 with the unified one beside it',
      ['tmpfs /sys/fs/cgroup tmpfs rw 0 0', 'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0', 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0'],
      ['/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup/unified'],
    ],
    ['none', ['tmpfs /sys/fs/cgroup tmpfs rw 0 0', ''], []],
  ])('of %s', (_, mounts, expected) => {
    expect(parseHierarchies(mounts.join('\n'))).toEqual(expected);
  });
});

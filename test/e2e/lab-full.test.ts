import { describe, expect, it } from 'vitest';
import { withLab } from '../harness/lab.ts';

describe('the full base', () => {
  const lab = withLab({ base: 'full' });

  it('runs Docker, Open vSwitch and LXC', async () => {
    expect(await lab().output('host1', 'systemctl is-system-running --wait')).toBe('running');
    expect(await lab().output('host1', 'systemctl is-active docker openvswitch-switch lxc-net')).toBe('active\nactive\nactive');
    expect(await lab().output('host1', "docker info --format '{{.Driver}}'")).toBe('overlay2');
  });

  it('runs containers', async () => {
    const image = 'mkdir -p /tmp/r/bin && cp /bin/busybox /tmp/r/bin/ && tar -C /tmp/r -c . | docker import - busybox';
    await lab().output('host1', image);
    expect(await lab().output('host1', 'docker run --rm busybox /bin/busybox echo hello')).toBe('hello');
    await lab().output('host1', 'lxc-create -q -n c1 -t busybox && lxc-start -n c1');
    expect(await lab().output('host1', 'lxc-attach -n c1 -- /bin/echo hello')).toBe('hello');
    await lab().output('host1', 'lxc-stop -k -n c1 && lxc-destroy -n c1');
  });

  it('carries GRE between Open vSwitch bridges over the underlay, also after a reboot', async () => {
    await Promise.all(
      [1, 2].map((i) =>
        lab().output(
          `host${i}`,
          `ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev -- add-port br0 gre0 -- set interface gre0 type=gre options:remote_ip=10.0.0.${5 - i}
          ${address(i)}`,
        ),
      ),
    );
    const capture = await lab().capture('ip proto gre');
    expect((await lab().exec('host1', 'ping -c 3 -i 0.2 -W 2 192.168.9.2')).status).toBe(0);
    expect((await capture.stop()).join('\n')).toMatch(/IP 10\.0\.0\.3 > 10\.0\.0\.4: GREv0/);

    await lab().exec('host2', 'touch /run/seen; systemctl reboot');
    await expect
      .poll(async () => (await lab().exec('host2', `[ ! -e /run/seen ] && ovs-vsctl br-exists br0 && { ${address(2)}; }`)).status, { timeout: 30_000, interval: 500 })
      .toBe(0);
    await expect.poll(async () => (await lab().exec('host1', 'ping -c 1 -W 1 192.168.9.2')).status, { timeout: 20_000 }).toBe(0);
  });

  it('tells Open vSwitch of the peers again before it forgets them', async () => {
    expect(await lab().output('host1', 'ovs-appctl tnl/neigh/aging')).toBe('900');
    expect(await lab().output('host1', "systemctl show -P TimersMonotonic ctplay-neighbours.timer | grep -o 'OnUnitActiveUSec=[^ ]*'; systemctl is-active ctplay-neighbours.timer")).toBe('OnUnitActiveUSec=5min\nactive');
    await lab().output('host1', 'ovs-appctl tnl/neigh/flush && systemctl start ctplay-neighbours.service');
    expect(await lab().output('host1', 'ovs-appctl tnl/neigh/show')).toMatch(/10\.0\.0\.4 +52:54:00:fe:00:04 +br-phy/);
  });

  it('moves data over the underlay as fast as a wire', async () => {
    await lab().output('host2', 'iperf3 --server --daemon --one-off');
    const result = JSON.parse(await lab().output('host1', 'iperf3 --json --time 1 --client 10.0.0.4')) as { end: { sum_received: { bits_per_second: number } } };
    expect(result.end.sum_received.bits_per_second).toBeGreaterThan(1e8);
  });
});

const address = (host: number) => `ip address replace 192.168.9.${host}/24 dev br0 && ip link set br0 mtu 1450 up`;

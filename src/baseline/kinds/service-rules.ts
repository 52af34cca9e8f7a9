/** Which services a way back may touch, and when. */
import type { Items, RestoreContext } from '../kind.ts';
import type { UnitItem } from './service-read.ts';

/** What logins and the network of the host itself hang on. */
export function isEssential(name: string): boolean {
  return (
    /^(systemd-|cloud-|getty|serial-getty|console-getty|ifup@|dropbear|tinysshd|wpa_supplicant)/.test(name) ||
    /^(dbus|init|networking|NetworkManager|network-manager|ifupdown\d*|netplan|connman|dhcpcd|wicked|sshd?|udev|mountall|hostname|procps|kmod|rcS?)(\.socket)?$/.test(name)
  );
}

/** Whether containers, images or switches can only be put in order while it runs. */
export function isNeededForOrder(name: string): boolean {
  return /^(docker|containerd|lxc|lxd|lxcfs|incus|snap\.lxd|openvswitch|ovs|libvirt)/.test(name);
}

/** The manager of a service that ran at capture and runs now, and may be restarted; otherwise undefined. */
export function restartable(name: string, { baseline, now, protects }: RestoreContext): UnitItem['manager'] | undefined {
  const of = (reading: RestoreContext['now'][string] | undefined) => (reading?.state === 'present' ? (reading.value as Items<UnitItem>)[name] : undefined);
  const [was, is] = [of(baseline['service']), of(now['service'])];
  // The restart of LXC's and LXD's own services would stop every container.
  if (isEssential(name) || /^(lxc|lxd)$/.test(name) || protects('service', name) !== undefined) return undefined;
  return was?.running === true && is?.running === true ? is.manager : undefined;
}

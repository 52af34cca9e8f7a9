/** Facts of processors, memory, firmware and mounted file systems. */

type Fields = ReadonlyMap<string, string>;

/** `lines` are all fields in order, of which `mount` and `statfs` come once for each file system. */
export function hardwareFacts(fields: Fields, lines: readonly string[]): Record<string, unknown> {
  return { ...processorFacts(fields), ...memoryFacts(fields), ...firmwareFacts(fields), mounts: mounts(lines) };
}

function processorFacts(fields: Fields): Record<string, unknown> {
  const processor: string[] = [];
  const sockets = new Set<string>();
  let count = 0;
  let siblings = 1;
  let cores = 1;
  for (const line of (fields.get('cpuinfo') ?? '').split('\n')) {
    const [key, value = ''] = line.split(/\s*:\s*/);
    if (key === 'processor') count++;
    if (key === 'processor' || key === 'vendor_id' || key === 'model name') processor.push(value);
    if (key === 'physical id') sockets.add(value);
    if (key === 'siblings') siblings = Number(value);
    if (key === 'cpu cores') cores = Number(value);
  }
  const processors = sockets.size || count;
  const perSocket = sockets.size === 0 ? 1 : cores;
  const threads = sockets.size === 0 ? 1 : Math.max(1, Math.floor(siblings / cores));
  return {
    processor,
    processor_count: processors,
    processor_cores: perSocket,
    processor_threads_per_core: threads,
    processor_vcpus: sockets.size === 0 ? count : processors * perSocket * threads,
    processor_nproc: Number(fields.get('nproc') ?? count),
  };
}

function memoryFacts(fields: Fields): Record<string, unknown> {
  const kilobytes = new Map((fields.get('meminfo') ?? '').split('\n').map((line): [string, number] => [line.split(':')[0]!, Number.parseInt(line.split(':')[1] ?? '0', 10)]));
  const megabytes = (name: string): number => Math.floor((kilobytes.get(name) ?? 0) / 1024);
  const [total, free, swap, swapFree, cached] = [megabytes('MemTotal'), megabytes('MemFree'), megabytes('SwapTotal'), megabytes('SwapFree'), megabytes('SwapCached')];
  const reclaimable = megabytes('Cached') + megabytes('Buffers');
  return {
    memtotal_mb: total,
    memfree_mb: free,
    swaptotal_mb: swap,
    swapfree_mb: swapFree,
    memory_mb: {
      real: { total, free, used: total - free },
      nocache: { free: free + reclaimable, used: total - free - reclaimable },
      swap: { total: swap, free: swapFree, used: swap - swapFree, cached },
    },
  };
}

const firmware = ['bios_date', 'bios_vendor', 'bios_version', 'board_asset_tag', 'board_name', 'board_serial', 'board_vendor', 'board_version', 'chassis_asset_tag', 'chassis_serial', 'chassis_vendor', 'chassis_version', 'product_name', 'product_serial', 'product_uuid', 'product_version'];

function firmwareFacts(fields: Fields): Record<string, unknown> {
  const value = (name: string): string => fields.get(`dmi_${name}`)?.trim() || 'NA';
  return { ...Object.fromEntries(firmware.map((name) => [name, value(name)])), system_vendor: value('sys_vendor') };
}

function mounts(lines: readonly string[]): Record<string, unknown>[] {
  const sizes = new Map<string, readonly number[]>();
  for (const line of lines.filter((candidate) => candidate.startsWith('statfs='))) {
    const [size, total, free, available, inodes, freeInodes, ...mount] = line.slice(7).split(' ');
    sizes.set(mount.join(' '), [size, total, free, available, inodes, freeInodes].map(Number));
  }
  return lines
    .filter((line) => line.startsWith('mount='))
    .map((line) => {
      const [device, point, fstype, options] = line.slice(6).split(' ').map(unescapeOctal);
      return { device, mount: point, fstype, options, uuid: 'N/A', ...sizeFacts(sizes.get(point!)) };
    });
}

function sizeFacts(sizes: readonly number[] | undefined): Record<string, number> {
  if (sizes === undefined) return {};
  const [block_size, block_total, , block_available, inode_total, inode_available] = sizes as [number, number, number, number, number, number];
  return {
    block_size, block_total, block_available, block_used: block_total - block_available, inode_total, inode_available,
    inode_used: inode_total - inode_available,
    size_total: block_size * block_total,
    size_available: block_size * block_available,
  };
}

/** As /proc/self/mounts writes blanks. */
function unescapeOctal(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

import { describe, expect, it } from 'vitest';
import { valueOf } from '../../../modules/facts/reading.ts';
import { sorted } from '../../../src/baseline/fingerprint.ts';
import type { Items } from '../../../src/baseline/kind.ts';
import { openvswitchKind } from '../../../src/baseline/kinds/openvswitch.ts';
import type { SwitchItem } from '../../../src/baseline/kinds/openvswitch-items.ts';
import { parseSwitch, switchPortNames } from '../../../src/baseline/kinds/openvswitch-read.ts';
import { columnText } from '../../../src/baseline/kinds/openvswitch-records.ts';
import { answer, contextOf, told as toldOf, wayBack as wayBackOf } from './network.ts';

const uuid = (name: string) => ['uuid', name];
const set = (...items: unknown[]) => ['set', items];
const map = (entries: Record<string, string> = {}) => ['map', Object.entries(entries)];
const list = (...rows: Record<string, unknown>[]): string => JSON.stringify({ headings: Object.keys(rows[0] ?? {}), data: rows.map((row) => Object.values(row)) });

const read = (up = 'up') =>
  [
    up,
    list({ manager_options: uuid('m'), other_config: map({ 'hw-offload': 'true' }) }),
    list({ _uuid: uuid('m'), target: 'ptcp:6640' }),
    list({ _uuid: uuid('c'), target: 'tcp:127.0.0.1:6653' }),
    list({ name: 'br0', ports: set(uuid('p1'), uuid('p2')), controller: uuid('c'), mirrors: uuid('mi'), datapath_type: 'system', stp_enable: false, rstp_enable: true, fail_mode: set(), protocols: set('OpenFlow13', 'OpenFlow10'), other_config: map(), external_ids: map({ ctplay: 'create_bridge' }) }),
    list({ _uuid: uuid('p1'), name: 'br0', interfaces: uuid('i1'), tag: set(), trunks: set(), external_ids: map() }, { _uuid: uuid('p2'), name: 'gre1', interfaces: uuid('i2'), tag: 7, trunks: set(2, 1), external_ids: map() }),
    list({ _uuid: uuid('i1'), name: 'br0', type: 'internal', options: map(), mtu_request: set() }, { _uuid: uuid('i2'), name: 'gre1', type: 'gre', options: map({ remote_ip: '10.0.0.4', key: '5' }), mtu_request: set() }),
    list({ _uuid: uuid('mi'), name: 'm1', select_all: false, select_dst_port: uuid('p2'), select_src_port: set(), output_port: uuid('p1'), select_vlan: set() }),
    'flows br0',
    ' reset_counts priority=5,in_port=gre1 actions=drop',
    ' priority=5,in_port=br0,idle_timeout=60 actions=drop',
    ' priority=0 actions=NORMAL',
    '',
  ].join('\n');

const items = (text = read()): Items<SwitchItem> => sorted(valueOf(openvswitchKind.items({ open: parseSwitch(answer(text)), links: { br0: { up: true, mtu: 1500 } } })) ?? {}) as Items<SwitchItem>;
const without = (...keys: string[]): Items<SwitchItem> => Object.fromEntries(Object.entries(items()).filter(([key]) => !keys.includes(key)));
const changed = (key: string, change: Record<string, unknown>): Items<SwitchItem> => ({ ...items(), [key]: { ...items()[key]!, ...change } as SwitchItem });
const told = (before: Items<SwitchItem>, now: Items<SwitchItem>) => toldOf(openvswitchKind as never, before, now);
const wayBack = (before: Items<SwitchItem>, now: Items<SwitchItem>) => wayBackOf(openvswitchKind as never, before, now);

describe('what is recorded of Open vSwitch', () => {
  it('is what was set', () => {
    expect(items()).toEqual({
      switch: { what: 'switch', managers: ['ptcp:6640'], columns: { other_config: { 'hw-offload': 'true' } } },
      'bridge br0': {
        what: 'bridge',
        columns: { rstp_enable: true, protocols: ['OpenFlow10', 'OpenFlow13'], external_ids: { ctplay: 'create_bridge' } },
        controllers: ['tcp:127.0.0.1:6653'],
        mirrors: { m1: { select_dst_port: ['gre1'], output_port: ['br0'] } },
        flows: ['priority=0 actions=NORMAL', 'priority=5,in_port=gre1 actions=drop'],
      },
      'port br0': { what: 'port', bridge: 'br0', columns: {}, interfaces: { br0: { type: 'internal' } }, link: { up: true, mtu: 1500 } },
      'port gre1': { what: 'port', bridge: 'br0', columns: { tag: 7, trunks: [1, 2] }, interfaces: { gre1: { type: 'gre', options: { key: '5', remote_ip: '10.0.0.4' } } } },
    });
  });

  it('is known of bridges with odd names, and of one that the switch could not make', () => {
    const bridges = read().replaceAll('"br0"', '"o br"').replace('flows br0', 'flows o br');
    expect(items(bridges)['bridge o br']).toMatchObject({ flows: ['priority=0 actions=NORMAL', 'priority=5,in_port=gre1 actions=drop'] });
    expect(items(`${read().split('flows br0')[0]!}flows br0\n`)['bridge br0']).toMatchObject({ flows: [] });
  });

  it.each([
    ['is not installed', answer('', 127), { state: 'absent' }],
    ['has no database', answer('', 1, 'ovs-vsctl: unix:/run/db.sock: database connection failed'), { state: 'unavailable', reason: 'not-running' }],
    ['does not run', answer(read('down')), { state: 'unavailable', reason: 'not-running' }],
    ['does not tell its flows', answer(`${read()}failed 124\n`), { state: 'unavailable', reason: 'unreadable' }],
  ])('knows a switch that %s', (_, result, expected) => expect(parseSwitch(result)).toMatchObject(expected));

  it('names what it made also while it does not run', () => expect(switchPortNames.parse(answer(read('down')))).toEqual(['br0', 'gre1']));
  it('leaves out what containers plug in', () => expect(Object.keys(items(read().replaceAll('gre1', 'veth31157ff').replace('"gre"', '""')))).toEqual(['bridge br0', 'port br0', 'switch']));
});

it.each([
  ['text', 'a "b"', '"a \\"b\\""'],
  ['numbers', [1, 2], '[1,2]'],
  ['a mapping', { 'remote-ip': '10.0.0.4' }, '{"remote-ip"="10.0.0.4"}'],
  ['truth', true, 'true'],
])('writes %s for the database', (_, value, expected) => expect(columnText(value)).toBe(expected));

describe('how it reads, and its way back', () => {
  const flows = 'links-up: ovs-ofctl --timeout=15 -O OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15 --names replace-flows br0 -';
  const vsctl = 'ovs-vsctl --timeout=15';
  it.each<[string, Items<SwitchItem>, Items<SwitchItem>, string[], string[]]>([
    ['an added bridge with its ports', without('bridge br0', 'port br0', 'port gre1'), items(), ['bridge br0 of Open vSwitch was added'], [`switches: ${vsctl} --if-exists del-br br0`]],
    ['an added port', without('port gre1'), items(), ['port gre1 of Open vSwitch was added'], [`switches: ${vsctl} --if-exists del-port br0 gre1`]],
    ['a bridge that is gone', items(), without('bridge br0', 'port br0', 'port gre1'), ['bridge br0 of Open vSwitch is gone'], [
      `switches: ${vsctl} --may-exist add-br br0 -- set Bridge br0 'external_ids={"ctplay"="create_bridge"}' 'protocols=["OpenFlow10","OpenFlow13"]' rstp_enable=true -- set-controller br0 tcp:127.0.0.1:6653 -- --if-exists del-port gre1 -- add-port br0 gre1 -- set Port gre1 tag=7 'trunks=[1,2]' -- set Interface gre1 'options={"key"="5","remote_ip"="10.0.0.4"}' 'type="gre"'`,
      `switches: ${vsctl} clear Bridge br0 mirrors -- --id=@port0 get Port gre1 -- --id=@port1 get Port br0 -- --id=@mirror0 create Mirror 'name="m1"' output_port=@port1 select_dst_port=@port0 -- add Bridge br0 mirrors @mirror0`,
      'links-up: ip link set dev br0 mtu 1500 up',
      flows,
    ]],
    ['a port that is gone', items(), without('port gre1'), ['port gre1 of Open vSwitch is gone'], [`links-up: ${vsctl} --if-exists del-port gre1 -- add-port br0 gre1 -- set Port gre1 tag=7 'trunks=[1,2]' -- set Interface gre1 'options={"key"="5","remote_ip"="10.0.0.4"}' 'type="gre"'`]],
    ['flows', items(), changed('bridge br0', { flows: ['priority=0 actions=NORMAL', 'priority=9 actions=drop'] }), ["bridge br0 of Open vSwitch has the flow 'priority=9 actions=drop' more, lacks the flow 'priority=5,in_port=gre1 actions=drop'"], [flows]],
    ['settings of a bridge', items(), changed('bridge br0', { columns: { stp_enable: true, rstp_enable: true, protocols: ['OpenFlow10', 'OpenFlow13'], external_ids: { ctplay: 'create_bridge' }, fail_mode: 'secure' }, controllers: [] }),
      ['bridge br0 of Open vSwitch has fail mode secure, has stp enable true, has controllers [], not ["tcp:127.0.0.1:6653"]'],
      [`switches: ${vsctl} set Bridge br0 stp_enable=false -- clear Bridge br0 fail_mode -- set-controller br0 tcp:127.0.0.1:6653`, flows]],
    ['settings of a port', items(), changed('port gre1', { columns: { tag: 8 }, interfaces: { gre1: { type: 'vxlan', options: { key: '5', remote_ip: '10.0.0.4' } } } }),
      ['port gre1 of Open vSwitch has tag 8, not 7, has no trunks, it was [1,2], has type vxlan, not gre'],
      [`switches: ${vsctl} set Port gre1 tag=7 'trunks=[1,2]' -- set Interface gre1 'type="gre"'`]],
    ['the interface of a bridge', items(), changed('port br0', { link: { up: false, mtu: 1400 } }), ['port br0 of Open vSwitch is down, has mtu 1400, not 1500'], ['links-up: ip link set dev br0 mtu 1500 up']],
    ['managers', without('switch'), items(), ['Open vSwitch was added'], [`switches: ${vsctl} del-manager -- clear Open_vSwitch . other_config`]],
  ])('%s', (_, before, now, words, way) => {
    expect(told(before, now)).toEqual(words);
    expect(wayBack(before, now)).toEqual(way);
  });

  it('leaves what the session runs over alone', () => {
    const own = items(read().replaceAll('br0', 'eth0'));
    expect([...(openvswitchKind.restore?.([{ key: 'bridge eth0', now: own['bridge eth0']! }], contextOf('openvswitch', {}, own)) ?? [])]).toEqual([{ key: 'bridge eth0', why: 'it carries the management session' }]);
  });

  it('knows the mark of ctplay', () => expect(Object.values(items()).map((item) => openvswitchKind.marked?.(item))).toEqual([true, false, false, false]));
});

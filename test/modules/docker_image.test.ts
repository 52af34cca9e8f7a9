import { describe, expect, it } from 'vitest';
import dockerImage from '../../modules/docker_image.ts';
import type { DockerContainer, DockerImage } from '../../modules/facts/docker.ts';
import { imageSource, staticBusybox } from '../../modules/facts/image-source.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import { digestOf } from '../../modules/shared/docker.ts';
import { commandsOf, planOf } from '../harness/module.ts';

type Args = Parameters<typeof dockerImage.plan>[0];
type Now = Parameters<typeof dockerImage.plan>[1];
const base: Args = { name: 'lab/bb', state: 'present', changes: ['CMD ["sh"]'], force_source: false, force_absent: false, force: false };
const digest = (source: string, path: string | undefined, version: string) => digestOf({ source, path, version, changes: base.changes });
const image = (labels: Record<string, string> = { ctplay: 'docker_image' }): DockerImage => ({ id: 'sha256:1', tags: ['lab/bb:latest'], digests: [], labels });
const file = present({ type: 'file', version: '100 17' } as const);
const now = (over: Partial<Now> = {}): Now => ({ image: absent, untagged: present(0), containers: present([]), source: absent, ...over });
const plan = (args: Partial<Args>, over: Partial<Now> = {}) => planOf(dockerImage, { ...base, ...args }, now(over));
const user = { name: 'c1', imageId: 'sha256:1', labels: { ctplay: 'docker_image' } as Record<string, string> } as DockerContainer;
const prune = 'docker image prune -f --filter label=ctplay=docker_image >/dev/null';
const labels = (config: string) => `-c 'LABEL ctplay="docker_image"' -c 'LABEL ctplay.config="${config}"'`;

describe('an image', () => {
  it.each<[string, Partial<Args>, Partial<Now>, string[]]>([
    ['is pulled', {}, {}, ['docker pull -q lab/bb:latest']],
    ['is imported from an archive', { import_path: '/srv/r.tar' }, { source: file }, [`docker import -c 'CMD ["sh"]' ${labels(digest('import', '/srv/r.tar', '100 17'))} /srv/r.tar lab/bb:latest`]],
    ['is imported from a folder', { import_path: '/srv/r', tag: '2' }, { source: present({ type: 'directory', version: '' }) }, [`tar -C /srv/r --numeric-owner -c . | docker import -c 'CMD ["sh"]' ${labels(digest('import', '/srv/r', ''))} - lab/bb:2`]],
    ['is built', { build: { path: '/srv/b', dockerfile: 'Other', args: { V: '1 2' } } }, { source: present({ type: 'directory', version: '' }) }, [`docker build -q --label ctplay=docker_image --build-arg 'V=1 2' -f /srv/b/Other -t lab/bb:latest /srv/b`]],
    ['is made again, and the former one removed', { build: { path: '/srv/b' }, force_source: true }, { source: present({ type: 'directory', version: '' }), image: present(image()) }, ['docker build -q --label ctplay=docker_image -t lab/bb:latest /srv/b', prune]],
    ['is left alone', {}, { image: present(image({})) }, []],
    ['is left alone when its source did not change', { import_path: '/srv/r.tar' }, { source: file, image: present(image({ ctplay: 'docker_image', 'ctplay.config': digest('import', '/srv/r.tar', '100 17') })) }, []],
    ['is left alone when its source is gone', { import_path: '/srv/r.tar' }, { image: present(image()) }, []],
    ['of somebody else is left alone', { import_path: '/srv/r.tar' }, { source: file, image: present(image({})) }, []],
    ['is removed', { state: 'absent' }, { image: present(image()) }, ['docker image rm lab/bb:latest >/dev/null']],
    ['is removed with those that lost their name to it', { state: 'absent' }, { image: present(image()), untagged: present(2) }, ['docker image rm lab/bb:latest >/dev/null', prune]],
    ['is removed by force', { state: 'absent', force: true, force_absent: true }, { image: present(image({})), containers: present([user]) }, ['docker image rm -f lab/bb:latest >/dev/null']],
    ['is not removed twice', { state: 'absent' }, {}, []],
  ])('%s', (_, args, over, commands) => {
    expect(commandsOf(plan(args, over))).toEqual(commands);
  });

  it.each<[string, Partial<Args>, Partial<Now>, string]>([
    ['its source changed', { import_path: '/srv/r.tar' }, { source: file, image: present(image({ ctplay: 'docker_image', 'ctplay.config': 'old' })) }, 'replace'],
    ['it is to be at every run', { force_source: true }, { image: present(image()) }, 'run'],
    ['it is to be of busybox', { source: 'busybox' }, { source: file }, 'create'],
  ])('is made when %s', (_, args, over, action) => {
    expect(plan(args, over).map((change) => change.action)).toEqual([action]);
  });

  it.each<[string, Partial<Args>, Partial<Now>, RegExp]>([
    ['a host without a static busybox', { source: 'busybox' }, {}, /no static busybox/],
    ['a file that is not there', { load_path: '/srv/x.tar' }, {}, /no \/srv\/x\.tar on the host/],
    ['one that should be there and is not', { source: 'local' }, {}, /no image lab\/bb:latest on the host/],
    ['to remove a foreign one', { state: 'absent' }, { image: present(image({})) }, /not made by ctplay/],
    ['to remove one in use', { state: 'absent' }, { image: present(image()), containers: present([user]) }, /used by containers/],
  ])('refuses %s', (_, args, over, message) => {
    expect(() => plan(args, over)).toThrow(message);
  });
});

it.each<[string, Partial<Args>, Partial<Now>, Partial<Now>, number]>([
  ['removes what ctplay made', { source: 'busybox' }, { image: present(image()) }, {}, 1],
  ['removes what ctplay pulled', {}, { image: present(image({})) }, {}, 1],
  ['leaves what somebody put in its place', { source: 'busybox' }, { image: present(image({})) }, {}, 0],
  ['leaves one that containers use', { source: 'busybox' }, { image: present(image()), containers: present([user]) }, {}, 0],
  ['removes one that only our containers use', { source: 'busybox' }, { image: present(image()), containers: present([{ ...user, labels: { ctplay: 'docker_container' } }]) }, {}, 1],
  ['leaves one that was there', {}, { image: present(image()) }, { image: present(image()) }, 0],
  ['does nothing twice', {}, {}, {}, 0],
])('the way back %s', (_, args, is, was, count) => {
  expect([...dockerImage.revert!({ ...base, ...args }, now(is), now(was))]).toHaveLength(count);
});

it.each<[string, Partial<Args>, RegExp]>([
  ['two sources', { import_path: '/a', load_path: '/b' }, /one source/],
  ['a source without its path', { source: 'import' }, /needs `import_path`/],
  ['a path of another source', { source: 'busybox', load_path: '/b' }, /doesn't go with/],
  ['large letters', { name: 'Lab/BB' }, /can't be the name/],
])('finds %s', (_, args, message) => {
  expect([...dockerImage.validate!({ ...base, ...args })].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
});

it.each([
  [imageSource('/srv/r.tar'), { status: 0, stdout: 'file\n100 17\n', stderr: '' }, present({ type: 'file', version: '100 17' })],
  [imageSource('/srv/r'), { status: 0, stdout: 'directory\n4096 17\n', stderr: '' }, present({ type: 'directory', version: '' })],
  [staticBusybox(), { status: 3, stdout: '', stderr: '' }, absent],
  [imageSource('/root/x'), { status: 1, stdout: 'file\n', stderr: "stat: cannot statx '/root/x': Permission denied" }, { state: 'unavailable', reason: 'denied', detail: "stat: cannot statx '/root/x': Permission denied" }],
])('a source is read', (fact, result, reading) => {
  expect(fact.parse(result)).toEqual(reading);
});

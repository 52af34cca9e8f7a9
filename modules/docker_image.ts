import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Values } from '../src/module.ts';
import type { Command } from '../src/shell.ts';
import { dockerContainers, dockerImage, untaggedImages, type DockerContainer, type DockerImage } from './facts/docker.ts';
import { imageSource, staticBusybox, type ImageSource } from './facts/image-source.ts';
import { valueOf } from './facts/reading.ts';
import { unread } from './facts/unread.ts';
import { configMark, digestOf, fromDocker, isMarked } from './shared/docker.ts';
import { buildImage, importFrom, importBusybox, loadImage, pullImage, removeImage, removeUntagged, typedBusybox } from './shared/docker-image.ts';
import { imageName } from './shared/docker-names.ts';
import { notOurs } from './shared/mark.ts';
import { forceArgument, stateArgument } from './shared/schema.ts';

type Source = 'busybox' | 'import' | 'load' | 'build' | 'pull' | 'local';
interface Args {
  readonly name: string;
  readonly tag?: string;
  readonly source?: Source;
  readonly import_path?: string;
  readonly load_path?: string;
  readonly build?: { readonly path: string; readonly dockerfile?: string; readonly args?: Readonly<Record<string, string>> };
  readonly changes: readonly string[];
  readonly force_source: boolean;
}
type Now = Values<ReturnType<typeof factsOf>>;

/** Images, also where no registry can be reached. */
export default defineModule({
  summary: 'Have a Docker image on the host, with or without a registry',
  description: `An image is made where it is needed: \`busybox\` packs the host's static busybox with links for its commands, \`import\` takes a root file system as a folder or tar archive of the host, \`load\` an archive that \`docker save\` wrote, \`build\` a folder with a Dockerfile. An image that is there under its name is left alone; one that ctplay made of a file is made again when that file changed.

Containers keep running on the image that they were made from; \`docker_container\` makes those that it manages again.`,
  args: Type.Object({
    name: Type.String({ minLength: 1, description: 'The name, with or without a tag: `lab/busybox`, `registry:5000/web:2`.' }),
    tag: Type.Optional(Type.String({ minLength: 1, description: 'The tag when the name has none; `latest` when left out.' })),
    state: stateArgument,
    source: Type.Optional(
      Type.Enum(['busybox', 'import', 'load', 'build', 'pull', 'local'], {
        description: 'Where it comes from. Left out, it follows from `import_path`, `load_path` or `build`, and is `pull` without them. `local` only checks that it is there.',
      }),
    ),
    import_path: Type.Optional(Type.String({ minLength: 1, description: 'A folder of the host with a root file system, or a tar archive of one.' })),
    load_path: Type.Optional(Type.String({ minLength: 1, description: 'An archive of the host that `docker save` wrote.' })),
    build: Type.Optional(
      Type.Object(
        {
          path: Type.String({ minLength: 1, description: 'The folder on the host.' }),
          dockerfile: Type.Optional(Type.String({ description: "The Dockerfile's path in it." })),
          args: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Build arguments.' })),
        },
        { description: 'The folder to build from.' },
      ),
    ),
    changes: Type.Array(Type.String(), { default: ['CMD ["sh"]'], description: 'Instructions of a Dockerfile for an imported image, such as `CMD ["sh"]` or `ENV LANG=C`.' }),
    force_source: Type.Boolean({ default: false, description: 'Make, load or pull it at every run.' }),
    force_absent: Type.Boolean({ default: false, description: 'Remove it although containers use it.' }),
    force: forceArgument,
  }),
  examples: `- name: an image without a registry
  docker_image:
    name: lab/busybox
    source: busybox

- name: the teacher's archive
  docker_image:
    name: lab/web:2
    load_path: /opt/images/web.tar
`,
  *validate(args) {
    const given = (['import_path', 'load_path', 'build'] as const).filter((name) => args[name] !== undefined);
    if (given.length > 1) yield { path: [given[1]!], message: `an image has one source, but the task has ${given.map((name) => `\`${name}\``).join(' and ')}` };
    const needed = { import: 'import_path', load: 'load_path', build: 'build' }[args.source as string] as 'import_path' | undefined;
    if (needed !== undefined && args[needed] === undefined) yield { path: ['source'], message: `the source \`${args.source}\` needs \`${needed}\`` };
    else if (args.source !== undefined && given.length === 1 && given[0] !== needed) yield { path: ['source'], message: `the source \`${args.source}\` doesn't go with \`${given[0]}\`` };
    if (!/^[a-z0-9][a-z0-9._/:@-]*$/i.test(args.name) || /[A-Z]/.test(args.name.replace(/[:@].*$/, '').replace(/^[^/]*\.[^/]*\//, ''))) {
      yield { path: ['name'], message: `'${args.name}' can't be the name of an image`, hint: 'Names have small letters, digits, dots, dashes and slashes.' };
    }
  },
  subject: (args) => `image ${fullName(args)}`,
  facts: factsOf,
  *plan(args, now) {
    const image = fromDocker(now.image);
    if (args.state === 'absent') {
      if (image !== undefined) yield* planAbsent(args, now, image);
      return;
    }
    const wanted = wantedDigest(args, now);
    const outdated = image !== undefined && isMarked('docker_image', image) && wanted !== undefined && image.labels[configMark] !== wanted;
    if (image !== undefined && !outdated && !args.force_source) return;
    yield {
      action: image === undefined ? 'create' : outdated ? 'replace' : 'run',
      subject: `image ${fullName(args)}`,
      ...(image === undefined ? {} : { from: { id: image.id } }),
      to: { source: sourceOf(args) },
      commands: makeCommands(args, now, wanted),
      ...(sourceOf(args) === 'busybox' ? { typed: typedBusybox(fullName(args), args.changes) } : {}),
      touches: ['docker:image'],
      ...(outdated ? { why: 'what it was made of has changed' } : {}),
    };
  },
  revertFacts: (args) => ({ image: dockerImage(fullName(args)), untagged: untaggedImages(), containers: dockerContainers(), source: unread<ImageSource>() }),
  *revert(args, now, before) {
    if (now.image.state !== 'present' || before.image.state !== 'absent') return;
    const source = sourceOf(args);
    // Docker keeps no mark on what comes from outside: the ledger alone says that ctplay brought it.
    if (!isMarked('docker_image', now.image.value) && source !== 'pull' && source !== 'load') return;
    // Containers of ctplay's own go before their image.
    if (usersOf(now, now.image.value).some((one) => !isMarked('docker_container', one))) return;
    yield deletion(args, now, now.image.value, false);
  },
  returns: (args, { now }) => ({ image: now.image.state === 'present' ? now.image.value : undefined, name: fullName(args) }),
});

function factsOf(args: Args) {
  const source = sourceOf(args);
  const path = args.import_path ?? args.load_path ?? args.build?.path;
  return {
    image: dockerImage(fullName(args)),
    untagged: untaggedImages(),
    containers: dockerContainers(),
    source: source === 'busybox' ? staticBusybox() : path === undefined ? unread<ImageSource>() : imageSource(path),
  };
}

function* planAbsent(args: Args & { readonly force: boolean; readonly force_absent: boolean }, now: Now, image: DockerImage): Generator<Change> {
  if (!isMarked('docker_image', image) && !args.force) throw notOurs(`the image ${fullName(args)}`);
  const users = usersOf(now, image).map((one) => one.name);
  if (users.length > 0 && !args.force_absent) {
    throw new PreconditionError(`the image ${fullName(args)} is used by containers`, { found: users.join(', '), hint: 'Remove them first, or add `force_absent: true`.' });
  }
  yield deletion(args, now, image, args.force_absent);
}

function deletion(args: Args, now: Now, image: DockerImage, force: boolean): Change {
  const untagged = valueOf(now.untagged) ?? 0;
  return { action: 'delete', subject: `image ${fullName(args)}`, from: { id: image.id }, commands: [removeImage(fullName(args), force), ...(untagged === 0 ? [] : [removeUntagged])], touches: ['docker:image'] };
}

function usersOf(now: Now, image: DockerImage): DockerContainer[] {
  return now.containers.state === 'present' ? now.containers.value.filter((one) => one.imageId === image.id) : [];
}

/** What an image is made of, as a digest; undefined where that can't be told from what is read. */
function wantedDigest(args: Args, now: Now): string | undefined {
  const source = sourceOf(args);
  if ((source !== 'import' && source !== 'busybox') || now.source.state !== 'present') return undefined;
  return digestOf({ source, path: args.import_path, version: now.source.value.version, changes: args.changes });
}

function makeCommands(args: Args, now: Now, digest: string | undefined): readonly Command[] {
  const name = fullName(args);
  const source = sourceOf(args);
  if (source === 'pull') return [pullImage(name)];
  if (source === 'local') throw new PreconditionError(`there is no image ${name} on the host`, { hint: 'Say where it comes from: `source: busybox`, `import_path`, `load_path`, `build` or `source: pull`.' });
  if (now.source.state !== 'present') {
    if (source === 'busybox') throw new PreconditionError('there is no static busybox on the host', { hint: 'Install it first: `apt: {name: busybox-static}`.' });
    throw new PreconditionError(`there is no ${args.import_path ?? args.load_path ?? args.build?.path} on the host`, { found: now.source.state === 'unavailable' ? now.source.detail : undefined, hint: 'Bring it there first, for example with `copy`.' });
  }
  const labels = { ctplay: 'docker_image', ...(digest === undefined ? {} : { [configMark]: digest }) };
  if (source === 'load') return [loadImage(args.load_path!, name)];
  const former = now.image.state === 'present' ? [removeUntagged] : [];
  if (source === 'busybox') return [importBusybox(name, args.changes, labels), ...former];
  if (source === 'build') return [buildImage(name, args.build!, labels), ...former];
  return [importFrom(args.import_path!, now.source.value.type, name, args.changes, labels), ...former];
}

function sourceOf(args: Args): Source {
  return args.source ?? (args.import_path !== undefined ? 'import' : args.load_path !== undefined ? 'load' : args.build !== undefined ? 'build' : 'pull');
}

function fullName(args: Args): string {
  return imageName(args.name, args.tag);
}

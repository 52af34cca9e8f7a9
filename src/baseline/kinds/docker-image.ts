import { imagesRead, parseImages, type DockerImage } from '../../../modules/facts/docker-inspect.ts';
import { dockerMark } from '../../../modules/shared/docker.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';
import { defineKind } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';
import { dockerStore, orNothing } from './docker-store.ts';

export type ImageItem = { readonly id: string; readonly byCtplay: boolean };

const images: Fact<Reading<readonly DockerImage[]>> = { kind: 'docker-images', key: '', read: imagesRead, domains: ['docker:image'], parse: parseImages };
const facts = { images, store: dockerStore };

/** Images of Docker, by tag; those without one by digest or identifier. */
export const dockerImageKind = defineKind<ImageItem, typeof facts>({
  name: 'docker-image',
  summary: 'Images of Docker, by tag or digest',
  facts,
  items({ images, store }) {
    const reading = orNothing(images, store.images);
    if (reading.state !== 'present') return reading;
    const names = (tags: readonly string[], digests: readonly string[], id: string) => (tags.length > 0 ? tags : digests.length > 0 ? digests : [id]);
    return { state: 'present', value: Object.fromEntries(reading.value.flatMap(({ id, tags, digests, labels }) => names(tags, digests, id).map((name) => [name, { id, byCtplay: dockerMark in labels }]))) };
  },
  subject: ({ key }) => `image ${key.replace(/^sha256:([0-9a-f]{12}).*/, '$1')} of Docker`,
  words: (difference) => clauses(difference, () => ['is another']),
  marked: ({ byCtplay }) => byCtplay,
  ledgerSubjects: (key) => [`image ${key}`],
  *restore(differences) {
    const { added, gone, changed } = sortOut(differences);
    const stage = 'container-networks';
    for (const { key, now } of added) {
      const commands = [sh`! docker image inspect ${key} >/dev/null 2>&1 || docker image rm ${key} >/dev/null`];
      yield { stage, keys: [key], change: { action: 'delete', subject: `image ${key} of Docker`, from: now.id, commands, typed: [sh`docker image rm ${key}`] } };
    }
    for (const { key, before, now } of [...gone.map((one) => ({ ...one, now: undefined })), ...changed]) {
      // Under another tag, or without one, it may still be there.
      const commands = [sh`docker image inspect ${before.id} >/dev/null 2>&1 || { echo 'its layers are gone: pull, build or load it again' >&2; exit 1; }; docker tag ${before.id} ${key}`];
      if (!/^(sha256:|.*@)/.test(key)) yield { stage, keys: [key], change: { action: 'update', subject: `image ${key} of Docker`, from: now?.id, to: before.id, commands, typed: [sh`docker tag ${before.id} ${key}`] } };
      else yield { key, why: 'its layers are gone: pull, build or load it again' };
    }
  },
});

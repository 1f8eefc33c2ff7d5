// The image that all checks run: busybox alone, as an OCI archive that Podman and containerd both load. Nothing is fetched.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workplace } from '../../system/support/bundle.ts';

/** Both engines know it by this name. */
export const IMAGE = 'localhost/orlop-test:latest';

interface Blob {
  mediaType: string;
  digest: string;
  size: number;
}

/** Writes the archive (image-spec image-layout.md) and answers its path. */
export function writeImage(place: Workplace): string {
  const bundle = place.bundle();
  bundle.write('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nworker:x:1000:1000:worker:/home:/bin/sh\n');
  bundle.write('etc/group', 'root:x:0:\nworker:x:1000:\nwheel:x:10:\n');
  bundle.write('etc/not-executable', 'text\n');

  const layout = place.path('layout');
  const blobs = join(layout, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, bytes: Buffer): Blob => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hash), bytes);
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const putJson = (mediaType: string, value: object): Blob => put(mediaType, Buffer.from(JSON.stringify(value)));

  const tarball = place.path('layer.tar');
  tar(bundle.rootfs, tarball);
  const layer = put('application/vnd.oci.image.layer.v1.tar', readFileSync(tarball));
  const config = putJson('application/vnd.oci.image.config.v1+json', {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Cmd: ['/bin/sh'], Env: ['PATH=/usr/bin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const manifest = putJson('application/vnd.oci.image.manifest.v1+json', { schemaVersion: 2, config, layers: [layer] });
  const annotations = { 'org.opencontainers.image.ref.name': IMAGE, 'io.containerd.image.name': IMAGE };
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');

  const archive = place.path('image.tar');
  tar(layout, `${archive}.new`);
  renameSync(`${archive}.new`, archive);
  for (const path of [bundle.directory, layout, tarball]) rmSync(path, { recursive: true });
  return archive;
}

function tar(directory: string, file: string): void {
  const done = spawnSync('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', directory, '-cf', file, '.']);
  if (done.status !== 0) throw new Error(`tar: ${done.stderr}`);
}

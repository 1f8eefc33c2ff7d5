import type { Format } from './report.ts';

const FORMATS = {
  pretty: () => import('./formats/pretty.ts'),
  json: () => import('./formats/json.ts'),
  sarif: () => import('./formats/sarif.ts'),
  github: () => import('./formats/github.ts'),
  gitlab: () => import('./formats/gitlab.ts'),
  junit: () => import('./formats/junit.ts'),
  checkstyle: () => import('./formats/checkstyle.ts'),
} satisfies Record<string, () => Promise<{ default: Format }>>;

export type FormatName = keyof typeof FORMATS;

export async function loadFormat(name: FormatName): Promise<Format> {
  return (await FORMATS[name]()).default;
}

import type { Format } from '../report.ts';

/** orlop.v1.schema.json, `lintedFiles`. */
const format: Format = ({ files }) =>
  `${JSON.stringify({ files: files.map(({ file, diagnostics }) => ({ file, diagnostics })) })}\n`;

export default format;

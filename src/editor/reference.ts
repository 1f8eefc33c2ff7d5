const SPEC = 'https://github.com/opencontainers/runtime-spec/blob/v1.3.0/';

/** The page that a reference names, `config.md#root` or `man 2 mount; …`: the first of them that is in the web. */
export function linkOf(reference: string): string | undefined {
  for (const one of reference.split('; ')) {
    const link = single(one);
    if (link !== undefined) return link;
  }
  return undefined;
}

function single(reference: string): string | undefined {
  const [url] = /^https:\S+/.exec(reference) ?? [];
  if (url !== undefined) return url;
  const [, spec] = /^(?:runtime-spec )?((?:[\w-]+\/)*[\w-]+\.(?:md|json)(?:#[\w-]+)?)/.exec(reference) ?? [];
  if (spec !== undefined && (reference.startsWith('runtime-spec') || /^(config|features)/.test(spec)))
    return SPEC + spec;
  const [, chapter, page] = /^man (\d) (\w+)/.exec(reference) ?? [];
  if (page !== undefined) return `https://man7.org/linux/man-pages/man${chapter}/${page}.${chapter}.html`;
  const [, rfc, section] = /^RFC (\d+)(?: section ([\d.]+))?/.exec(reference) ?? [];
  if (rfc !== undefined) return `https://www.rfc-editor.org/rfc/rfc${rfc}${section ? `#section-${section}` : ''}`;
  const [cve] = /^CVE-\d+-\d+/.exec(reference) ?? [];
  if (cve !== undefined) return `https://www.cve.org/CVERecord?id=${cve}`;
  const [, kernel] = /^(Documentation\/[\w/.-]+?)\.rst/.exec(reference) ?? [];
  if (kernel !== undefined) return `https://docs.kernel.org/${kernel.slice('Documentation/'.length)}.html`;
  return undefined;
}

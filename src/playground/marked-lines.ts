import { type Extension, RangeSet, StateEffect, StateField, type Text } from '@codemirror/state';
import { GutterMarker, gutterLineClass } from '@codemirror/view';
import type { Diagnostic } from '../spec/types.ts';

// The numbers of lines that have findings have the colour of the worst of them.

class SeverityMarker extends GutterMarker {
  override readonly elementClass: string;

  constructor(severity: Diagnostic['severity']) {
    super();
    this.elementClass = `has-${severity}`;
  }
}

const MARKERS = {
  error: new SeverityMarker('error'),
  warning: new SeverityMarker('warning'),
  info: new SeverityMarker('info'),
};

const WORST_FIRST = ['error', 'warning', 'info'] as const;

const setMarkers = StateEffect.define<RangeSet<GutterMarker>>();

const field = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update: (markers, { changes, effects }) =>
    effects.reduce((current, effect) => (effect.is(setMarkers) ? effect.value : current), markers.map(changes)),
  provide: (markers) => gutterLineClass.from(markers),
});

export function markedLines(): Extension {
  return field;
}

export function markLines(doc: Text, findings: readonly Diagnostic[]): StateEffect<RangeSet<GutterMarker>> {
  const worst = new Map<number, Diagnostic['severity']>();
  for (const severity of WORST_FIRST) {
    for (const finding of findings) {
      if (finding.severity === severity && !worst.has(finding.line)) worst.set(finding.line, severity);
    }
  }
  const lines = [...worst].filter(([line]) => line <= doc.lines).sort(([one], [other]) => one - other);
  return setMarkers.of(RangeSet.of(lines.map(([line, severity]) => MARKERS[severity].range(doc.line(line).from))));
}

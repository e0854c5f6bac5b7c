import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Summary, SummaryRow } from '../../inspect/summary/summarize.ts';
import { messageOf } from '../../lib/errors.ts';
import type { ArchitectureSummary, NetworkName, UnitField } from '../engine/architecture.ts';
import type { RemoteEngine } from '../engine/messages.ts';
import { setState, state, visit } from '../router.ts';
import { Alert } from '../ui/alert.tsx';
import { Choice } from '../ui/choice.tsx';
import { FieldPicture } from '../ui/fieldPicture.tsx';
import { thousands } from '../ui/format.ts';
import { BoxTable } from './boxTable.tsx';
import { NetworkProof } from './networkProof.tsx';

/**
 * The view of a network as the slides list it: a row per box, and what a unit sees of the image.
 */
export function ArchitecturesView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const asked = state.value.get('name') ?? 'alexnet';
  // The engine runs in a worker, for which a file beside the page has another relative address.
  const isFile = /\.onnx$/i.test(asked);
  const name = isFile ? new URL(asked, document.baseURI).href : asked;
  const [names, setNames] = useState<readonly NetworkName[]>([]);
  const [network, setNetwork] = useState<ArchitectureSummary | undefined>();
  const [field, setField] = useState<UnitField | undefined>();
  const [error, setError] = useState<string | undefined>();

  useEffect(() => {
    engine.networks().then(setNames, (problem: unknown) => setError(messageOf(problem)));
  }, [engine]);
  useEffect(() => {
    let current = true;
    setNetwork(undefined);
    engine.architecture(name).then(
      (found) => {
        if (!current) return;
        setNetwork(found);
        setError(undefined);
      },
      (problem: unknown) => current && setError(messageOf(problem)),
    );
    return () => (current = false);
  }, [engine, name]);

  const chosen = state.value.get('box');
  const box =
    network?.summary.rows.find((row) => row.name === chosen) ??
    (network && firstShown(network.summary));
  const path = box?.name;
  const places = box?.outputShape.length === 3 ? box.outputShape : [1, 1];
  const unit = unitOf(state.value.get('unit'), places);
  const [row, column] = unit;
  useEffect(() => {
    if (path === undefined) return;
    let current = true;
    engine.fieldOf(name, path, [row, column]).then(
      (found) => current && setField(found),
      (problem: unknown) => current && setError(messageOf(problem)),
    );
    return () => (current = false);
  }, [engine, name, path, row, column]);

  const { inputShape, total } = network?.summary ?? {};
  return (
    <>
      <div class="lead">
        <h1>Architectures</h1>
        <p>
          Each row is a box. Choose one, and move a unit of its output: the picture shows the part
          of the image that the unit depends on.
        </p>
      </div>
      <div class="toolbar">
        <Choice
          label="network"
          value={asked}
          choices={[
            ...(isFile ? [[asked, network?.title ?? asked] as const] : []),
            ...names.map((one) => [one.name, one.title] as const),
          ]}
          onChoice={(next) => visit('architectures', { name: next })}
        />
        {total && (
          <span class="hint">
            {thousands(total.parameters)} parameters, {countOf(total.multiplyAdds)} multiply-adds
            for one image. {network?.source}
          </span>
        )}
      </div>
      {network?.hasWeights && <NetworkProof key={name} engine={engine} name={name} />}
      <Alert text={error} />
      {network && inputShape && (
        <div class="stage architecture">
          <BoxTable
            key={network.name}
            summary={network.summary}
            selected={path}
            onSelect={(next) => setState({ box: next, unit: undefined })}
          />
          {box && field && (
            <FieldPicture
              name={box.name}
              inputShape={inputShape}
              field={field}
              receptiveField={box.receptiveField}
              unit={unit}
              onMove={(to) => setState({ unit: clamped(to, places).join(',') })}
            />
          )}
        </div>
      )}
    </>
  );
}

/**
 * The last box of which a unit sees less than half of the height of the image, or else the first
 * box.
 */
function firstShown({ inputShape, rows }: Summary): SummaryRow | undefined {
  const seesLittle = ({ outputShape, receptiveField }: SummaryRow) =>
    outputShape.length === 3 && Number(receptiveField[0]) < inputShape[0] / 2;
  return [...rows].reverse().find(seesLittle) ?? rows[0];
}

/** The unit that the address names; by default the one in the middle. */
function unitOf(
  text: string | null,
  [height, width]: readonly number[],
): readonly [number, number] {
  const [row, column] =
    /^(\d+),(\d+)$/
      .exec(text ?? '')
      ?.slice(1)
      .map(Number) ?? [];
  return clamped([row ?? Math.floor(height / 2), column ?? Math.floor(width / 2)], [height, width]);
}

function clamped(
  [row, column]: readonly [number, number],
  [height, width]: readonly number[],
): readonly [number, number] {
  const within = (at: number, size: number) => Math.max(0, Math.min(size - 1, at));
  return [within(row, height), within(column, width)];
}

const countOf = (count: number | 'unknown') => (count === 'unknown' ? count : thousands(count));

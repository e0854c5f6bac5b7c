import { statfsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError } from '../../lib/errors.ts';
import type { Commands } from './commands.ts';

/**
 * A Python wheel of TensorFlow. Its libraries are current, whereas those that tfjs-node downloads
 * are from 2022.
 */
export interface Wheel {
  /** The name of the Python package. */
  readonly name: 'tensorflow' | 'tensorflow-cpu';
  /** The version of TensorFlow. */
  readonly version: string;
  /** The name of the platform in the names of wheels. */
  readonly platform: string;
  /** The disk space that the wheel, its libraries and tfjs-node need together. */
  readonly gigabytes: number;
}

/** The properties of a machine that determine the wheel. */
export interface Machine {
  /** The platform, as in `process.platform`. */
  readonly platform: string;
  /** The architecture, as in `process.arch`. */
  readonly arch: string;
  /** The version of glibc; undefined if the C library is another one, as on Alpine. */
  readonly glibc: string | undefined;
}

/** Returns the properties of this machine. */
export function thisMachine(): Machine {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return { platform: process.platform, arch: process.arch, glibc: header?.glibcVersionRuntime };
}

const VERSION = '2.21.0';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
const ELSEWHERE = 'see the backends webgpu and wasm';

/**
 * Chooses the wheel for a machine. On x64 it is `tensorflow` with CUDA, and `tensorflow-cpu`
 * without CUDA. On arm64 there is only `tensorflow`, which has no CUDA.
 *
 * Errors: no wheel for this system, architecture or C library; no wheel with CUDA.
 */
export function wheelFor({ platform, arch, glibc }: Machine, gpu: boolean): Wheel {
  const machine = Object.hasOwn(ARCHITECTURES, arch) ? ARCHITECTURES[arch] : undefined;
  if (platform !== 'linux' || machine === undefined) {
    const linux = platform === 'win32' ? 'WSL is one' : ELSEWHERE;
    throw new InputError(
      `to build on TensorFlow's Python wheel: expected Linux on x64 or arm64, got ${platform} on ${arch}; ${linux}`,
    );
  }
  if (glibc === undefined || Number(glibc.split('.')[1]) < 27) {
    throw new InputError(
      `to build on TensorFlow's Python wheel: expected glibc 2.27 or later, got ${glibc ?? 'another C library'}; ` +
        `a Debian or Ubuntu image has it`,
    );
  }
  if (gpu && arch !== 'x64') {
    throw new InputError(`TensorFlow's Python wheel for ${arch} has no CUDA: ${ELSEWHERE}`);
  }
  const name = arch === 'x64' && !gpu ? 'tensorflow-cpu' : 'tensorflow';
  return {
    name,
    version: VERSION,
    platform: `manylinux_2_27_${machine}`,
    gigabytes: gpu ? 2.2 : 1.5,
  };
}

/** Checks the name of a wheel. Errors: a file that is not a TensorFlow wheel for this machine. */
export function checkWheelFile(file: string, { platform, name }: Wheel): void {
  const [, machine] = platform.split(/_\d+_\d+_/);
  const stem = name.replace('-', '_');
  if (!RegExp(`^${stem}-.*linux.*_${machine}\\.whl$`).test(basename(file))) {
    throw new InputError(
      `--wheel: expected a file ${stem}-...linux..._${machine}.whl, got ${JSON.stringify(basename(file))}`,
    );
  }
}

/** Throws if there is less disk space than the wheel and its libraries need. */
export function checkRoom(folder: string, { gigabytes }: Pick<Wheel, 'gigabytes'>): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / 1e9;
  if (free < gigabytes) {
    throw new InputError(
      `expected ${gigabytes} GB free in ${folder}, got ${free.toFixed(1)} GB: make room there`,
    );
  }
}

/**
 * Downloads a wheel into a folder and resolves to its file. The wheel is for one fixed version of
 * Python, because the libraries are the same in the wheels for all versions.
 *
 * Errors: a failure of pip.
 */
export async function downloadWheel(
  commands: Commands,
  python: string,
  { name, version, platform }: Wheel,
  folder: string,
): Promise<string> {
  const { ok, problem } = await commands.run(
    python,
    [
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--dest',
      folder,
      '--python-version',
      '3.11',
      '--implementation',
      'cp',
      '--abi',
      'cp311',
      '--platform',
      platform,
      `${name}==${version}`,
    ],
    // pip first downloads into a temporary folder, which is set to a folder on the same disk.
    { cwd: folder, minutes: 30, env: { TMPDIR: folder } },
  );
  const file = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
  if (!ok || file === undefined) {
    throw new InputError(
      `${name} ${version} cannot be downloaded (${problem}): ` +
        `without a network, pass the wheel with --wheel FILE`,
    );
  }
  return join(folder, file);
}

/**
 * A Python program that extracts the two libraries, and the headers that the addon includes, from a
 * wheel of 15,000 files.
 */
const UNPACK = `
import os, shutil, sys, zipfile
wheel, folder = sys.argv[1:]
libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]
headers = tuple("include/" + path for path in ("tensorflow/c/", "tensorflow/core/platform/", "tsl/platform/", "xla/tsl/c/"))
with zipfile.ZipFile(wheel) as archive:
    inside = {name[len("tensorflow/"):]: name for name in archive.namelist() if name.startswith("tensorflow/")}
    missing = [name for name in libraries + ["include/tensorflow/c/c_api.h"] if name not in inside]
    if missing:
        sys.exit("Error: the wheel has no " + missing[0])
    for name, entry in inside.items():
        if name in libraries or name.startswith(headers) and not name.endswith("/"):
            path = os.path.join(folder, "lib/" + name if name in libraries else name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(entry) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
`;

/**
 * Extracts `lib/` and `include/` of a wheel into `folder`. Errors: a file that cannot be unpacked.
 */
export async function unpackWheel(
  commands: Commands,
  python: string,
  file: string,
  folder: string,
): Promise<void> {
  const { ok, problem } = await commands.run(python, ['-c', UNPACK, file, folder], {
    cwd: folder,
    minutes: 15,
  });
  if (!ok) throw new InputError(`${file}: cannot be unpacked: ${problem}`);
}

import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Commands, firstError, Interrupted } from '../../../cli/setup/commands.ts';
import { checkRoom, checkWheelFile, thisMachine, wheelFor } from '../../../cli/setup/wheel.ts';
import { messageOf } from '../../support/compare.ts';
import { FakeMachine, type Fakes } from '../../support/fakeMachine.ts';
import { boxprop } from '../../support/runCommand.ts';

/** These specs use no network. `npm run test:tensorflow` needs the real TensorFlow. */

const NAME = '@tensorflow/tfjs-node';
const TRY_OFFICIAL = [
  `${NAME}: it is not installed`,
  `fetching ${NAME} 4.22.0`,
  'trying its own installer, which downloads a TensorFlow of 2022',
];
const WORKS = `${NAME} works: TensorFlow 2.x on the CPU`;
const NOT_SAVED =
  'not saved in package.json, because its own installer fails here; after npm install or npm ci run ' +
  'npx boxprop setup tensorflow';

let machine: FakeMachine;
beforeEach(() => (machine = new FakeMachine()));
afterEach(() => machine.remove());

const addonOf = () => readFileSync(join(machine.target, 'lib/napi-v8/tfjs_binding.node'), 'utf8');

test('the official install is saved in package.json if it works; a working installation is kept', async () => {
  const first = await machine.setup({ official: 'works' });
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.lines).toEqual([...TRY_OFFICIAL, `${WORKS}; saved in package.json`]);
  expect(readFileSync(join(machine.project, 'package.json'), 'utf8')).toContain(NAME);
  expect(addonOf()).toBe('official');
  const before = machine.snapshot();
  const second = await machine.setup();
  expect(second).toMatchObject({ status: 0, lines: [WORKS], calls: [''], stderr: '' });
  expect(machine.snapshot()).toEqual(before);
  expect(machine.temporary()).toEqual([]);
});

test('npm that refuses to save leaves the project as it was', async () => {
  const before = machine.snapshot();
  const { status, stderr } = await machine.setup({ official: 'works', save: 'fails' });
  expect(stderr).toContain(
    `npm cannot install ${NAME} in ${machine.project}: unable to resolve dependency tree`,
  );
  expect(status).toBe(1);
  expect(machine.snapshot()).toEqual(before);
});

// Only Linux builds tfjs-node on a wheel. For other platforms the specs of wheelFor are enough.
(process.platform === 'linux' ? describe : describe.skip)('the build on a wheel (on Linux)', () => {
  test('follows an official install that fails, and is not saved', async () => {
    const before = machine.snapshot();
    const { status, lines, stderr, calls } = await machine.setup();
    expect(stderr).toBe('');
    expect(lines).toEqual([
      ...TRY_OFFICIAL,
      '  failed: getaddrinfo ENOTFOUND storage.example',
      `downloading ${wheelFor(thisMachine(), false).name} 2.21.0`,
      "unpacking TensorFlow's libraries",
      'building the addon',
      WORKS,
      NOT_SAVED,
    ]);
    expect(status).toBe(0);
    expect(addonOf()).toBe('built');
    expect(machine.snapshot()).toMatchObject(before);
    // The packages that only tfjs-node needs are inside it; tfjs-core is the one of the project.
    expect(existsSync(join(machine.target, 'node_modules/@tensorflow/tfjs'))).toBe(true);
    expect(existsSync(join(machine.target, 'node_modules/progress'))).toBe(true);
    expect(existsSync(join(machine.target, 'node_modules/@tensorflow/tfjs-core'))).toBe(false);
    expect(existsSync(join(machine.target, 'build'))).toBe(false);
    expect(readlinkSync(join(machine.target, 'deps/lib/libtensorflow.so'))).toBe(
      'libtensorflow_cc.so.2',
    );
    const added = Object.keys(machine.snapshot()).filter((path) => !(path in before));
    expect(added.filter((path) => !path.startsWith(machine.target))).toEqual([]);
    expect(calls.find((call) => call.includes('node-gyp'))).toMatch(
      /^npm .*configure build --directory=\S+ --python=python3 .*--module_name=tfjs_binding --module_path=\S+napi-v8 --napi_build_version=8$/,
    );
    expect(machine.temporary()).toEqual([]);
  });

  test('follows an official install that computes wrong values', async () => {
    const { lines, status } = await machine.setup({ official: 'computes wrong values' });
    expect(lines[3]).toBe('  failed: a matrix product: expected 19 22 43 50, got 1 2 3 4');
    expect(status).toBe(0);
    expect(addonOf()).toBe('built');
    expect(existsSync(join(machine.target, 'deps/lib/libtensorflow.so.2'))).toBe(false);
  });

  test('replaces a tfjs-node that does not run; if package.json names it, the message differs', async () => {
    machine.write('package.json', JSON.stringify({ dependencies: { [NAME]: '^4.22.0' } }));
    machine.write(
      `node_modules/${NAME}/package.json`,
      '{ "version": "4.22.0", "main": "gone.js" }',
    );
    machine.write(`node_modules/${NAME}/old.txt`, '');
    const { status, lines } = await machine.setup();
    expect(lines[0]).toMatch(/^@tensorflow\/tfjs-node: Cannot find module /);
    expect(lines.at(-1)).toBe(
      'package.json names it, and its own installer fails here: run npm ci --ignore-scripts, then npx boxprop setup tensorflow',
    );
    expect(status).toBe(0);
    expect(addonOf()).toBe('built');
    expect(existsSync(join(machine.target, 'old.txt'))).toBe(false);
  });

  test('uses a given wheel, and then tries neither the official install nor pip', async () => {
    const { name, platform } = wheelFor(thisMachine(), false);
    const file = `${name.replace('-', '_')}-2.21.0-cp312-cp312-${platform}.whl`;
    machine.write(file, '');
    const { status, lines, calls } = await machine.setup({ missing: ['pip'] }, ['--wheel', file]);
    expect(lines).toEqual([
      `${NAME}: it is not installed`,
      `fetching ${NAME} 4.22.0`,
      "unpacking TensorFlow's libraries",
      'building the addon',
      WORKS,
      NOT_SAVED,
    ]);
    expect(calls.filter((call) => /rebuild|pip/.test(call))).toEqual([]);
    expect(status).toBe(0);
  });

  const refusals: [Fakes, string][] = [
    [
      { npm: 'fails' },
      `npm cannot install ${NAME}@4.22.0: network request to https://registry.example failed`,
    ],
    [
      { missing: ['python3'] },
      "to build tfjs-node's addon: expected python3, got none: apt-get install python3",
    ],
    [
      { missing: ['pip'] },
      "to build tfjs-node's addon: expected pip in python3, got none: apt-get install python3-pip",
    ],
    [
      { missing: ['make'] },
      "to build tfjs-node's addon: expected make, got none: apt-get install build-essential",
    ],
    [
      { missing: ['g++'] },
      "to build tfjs-node's addon: expected g++, got none: apt-get install build-essential",
    ],
    [
      { pip: 'fails' },
      `${wheelFor(thisMachine(), false).name} 2.21.0 cannot be downloaded (No matching distribution found for tensorflow): ` +
        'without a network, pass the wheel with --wheel FILE',
    ],
    [{ unpack: 'fails' }, 'tensorflow.whl: cannot be unpacked: [Errno 28] No space left on device'],
    [
      { build: 'fails' },
      "tfjs-node's addon cannot be built: node_api.h: No such file or directory",
    ],
    [
      { build: 'fails at the loader' },
      "tfjs-node's addon cannot be built: dlfcn.h: No such file or directory",
    ],
    [
      { build: 'computes wrong values' },
      `${NAME} was built but does not run: a matrix product: expected 19 22 43 50, got 1 2 3 4`,
    ],
    [{ secondCore: true }, `but ${NAME} uses `],
  ];
  test.each(refusals)(
    '%j gives a one-line error and does not change the project',
    async (fakes, message) => {
      machine.write(`node_modules/${NAME}/old.txt`, 'kept');
      const before = machine.snapshot();
      const { status, stderr } = await machine.setup(fakes);
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/^boxprop: .+; log: \S+\n$/);
      const [, log] = /log: (\S+)\n$/.exec(stderr) ?? [];
      expect(readFileSync(log, 'utf8')).toMatch(/^\n\$ npm --prefix=\. install /);
      expect(status).toBe(1);
      expect(machine.snapshot()).toEqual(before);
    },
  );
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('after %s the project is unchanged and no process runs', async (signal, expected) => {
  const before = machine.snapshot();
  const { status, stderr, calls } = await machine.setup({ official: 'hangs' }, [], (line, send) => {
    if (line !== TRY_OFFICIAL[2]) return;
    const begun = () => machine.calls().some((call) => call.includes('rebuild'));
    const clock = setInterval(() => {
      if (!begun()) return;
      clearInterval(clock);
      send(signal);
    }, 20);
  });
  expect(calls.at(-1)).toMatch(/rebuild/);
  expect(stderr).toBe('boxprop: interrupted; the project is as it was\n');
  expect(status).toBe(expected);
  expect(machine.snapshot()).toEqual(before);
  expect(machine.temporary()).toEqual([]);
});

test('the next setup removes the files of a killed setup, and no others', async () => {
  machine.write(`node_modules/.boxprop-setup.${2 ** 30}/deps/half`, '');
  machine.write(`node_modules/.boxprop-setup.${process.pid}/deps/half`, '');
  await machine.setup({ official: 'works' });
  expect(existsSync(join(machine.modules, `.boxprop-setup.${2 ** 30}`))).toBe(false);
  expect(existsSync(join(machine.modules, `.boxprop-setup.${process.pid}`))).toBe(true);
});

describe('refuses a project', () => {
  test('without tfjs-core', async () => {
    rmSync(join(machine.modules, '@tensorflow'), { recursive: true });
    const { stderr, status } = await machine.setup();
    expect(stderr).toBe(
      `boxprop: ${machine.project}: expected @tensorflow/tfjs-core, got none: npm install boxprop @tensorflow/tfjs-core@4.22.0\n`,
    );
    expect(status).toBe(1);
  });

  test('with another version of tfjs-core', async () => {
    rmSync(join(machine.modules, '@tensorflow'), { recursive: true });
    machine.write('node_modules/@tensorflow/tfjs-core/package.json', '{ "version": "4.21.0" }');
    expect((await machine.setup()).stderr).toBe(
      `boxprop: ${machine.project}: expected @tensorflow/tfjs-core 4.22.0, as tfjs-node needs it, got 4.21.0: ` +
        'npm install @tensorflow/tfjs-core@4.22.0\n',
    );
  });

  test("with a tfjs-core that is not boxprop's", async () => {
    rmSync(join(machine.modules, '@tensorflow'), { recursive: true });
    machine.write('node_modules/@tensorflow/tfjs-core/package.json', '{ "version": "4.22.0" }');
    expect((await machine.setup()).stderr).toMatch(
      /^boxprop: expected one @tensorflow\/tfjs-core, that in \S+, but boxprop uses \S+: install both in one project, by npm install\n$/,
    );
  });

  test('that does not exist', async () => {
    rmSync(join(machine.project, 'package.json'));
    expect((await machine.setup()).stderr).toBe(
      `boxprop: ${machine.project}: expected an npm project, got no package.json here or above: npm init -y\n`,
    );
  });
});

test.each([
  [['setup', 'tensorflw'], 'boxprop: tool: expected one of tensorflow, mpi, got "tensorflw"\n'],
  [['setup', 'tensorflow', '--wheel', 'no.whl'], 'boxprop: --wheel: no such file: no.whl\n'],
  [['setup', 'mpi', '--wheel', 'no.whl'], 'boxprop: --wheel: no such file: no.whl\n'],
  [['setup', 'mpi', '--gpu'], 'boxprop: --gpu: expected setup tensorflow, got mpi\n'],
])('refuses %j in one line', (args, message) => {
  expect(boxprop(...args)).toMatchObject({ status: 1, stdout: '', stderr: message });
});

describe('wheelFor', () => {
  const glibc = '2.36';
  test.each([
    ['x64', false, 'tensorflow-cpu', 'manylinux_2_27_x86_64'],
    ['x64', true, 'tensorflow', 'manylinux_2_27_x86_64'],
    ['arm64', false, 'tensorflow', 'manylinux_2_27_aarch64'],
  ])('Linux on %s, gpu %s: %s for %s', (arch, gpu, name, platform) => {
    expect(wheelFor({ platform: 'linux', arch, glibc }, gpu)).toMatchObject({ name, platform });
  });

  const wants = "to build on TensorFlow's Python wheel: expected Linux on x64 or arm64, got";
  const libc = "to build on TensorFlow's Python wheel: expected glibc 2.27 or later, got";
  test.each([
    [
      'darwin',
      'arm64',
      undefined,
      false,
      `${wants} darwin on arm64; see the backends webgpu and wasm`,
    ],
    ['win32', 'x64', undefined, false, `${wants} win32 on x64; WSL is one`],
    ['linux', 'ia32', glibc, false, `${wants} linux on ia32; see the backends webgpu and wasm`],
    [
      'linux',
      'toString',
      glibc,
      false,
      `${wants} linux on toString; see the backends webgpu and wasm`,
    ],
    ['linux', 'x64', '2.26', false, `${libc} 2.26; a Debian or Ubuntu image has it`],
    [
      'linux',
      'x64',
      undefined,
      false,
      `${libc} another C library; a Debian or Ubuntu image has it`,
    ],
    [
      'linux',
      'arm64',
      glibc,
      true,
      `TensorFlow's Python wheel for arm64 has no CUDA: see the backends webgpu and wasm`,
    ],
  ])('refuses %s on %s with glibc %s, gpu %s', (platform, arch, glibc, gpu, message) => {
    expect(messageOf(() => wheelFor({ platform, arch, glibc }, gpu))).toBe(message);
  });

  test('a file of another package or machine is refused', () => {
    const wheel = wheelFor({ platform: 'linux', arch: 'x64', glibc }, false);
    checkWheelFile('some/where/tensorflow_cpu-2.22.0-cp313-cp313-manylinux_2_27_x86_64.whl', wheel);
    for (const file of [
      'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl',
      'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
      'numpy.zip',
    ]) {
      expect(messageOf(() => checkWheelFile(join('some', file), wheel))).toBe(
        `--wheel: expected a file tensorflow_cpu-...linux..._x86_64.whl, got "${file}"`,
      );
    }
  });

  test('too little disk space is refused', () => {
    checkRoom(tmpdir(), { gigabytes: 0 });
    expect(messageOf(() => checkRoom(tmpdir(), { gigabytes: 1e9 }))).toMatch(
      /^expected 1000000000 GB free in \S+, got [\d.]+ GB: make room there$/,
    );
  });
});

describe('Commands', () => {
  const node = (commands: Commands, script: string, minutes = 1) =>
    commands.run(process.execPath, ['-e', script], { cwd: machine.project, minutes });
  const commandsWith = (signal = new AbortController().signal) =>
    new Commands(join(machine.project, 'log'), signal);

  test('what a command writes is in the log', async () => {
    const ending = await node(commandsWith(), "console.log('out'); console.error('err')");
    expect(ending).toMatchObject({ ok: true, output: expect.stringContaining('out') as string });
    expect(readFileSync(join(machine.project, 'log'), 'utf8')).toMatch(
      /^\n\$ \S+ -e .*\nout\nerr\n$|err\nout\n$/,
    );
  });

  test.each([
    ['process.exit(3)', 'exit status 3'],
    ["process.kill(process.pid, 'SIGKILL')", 'ended by SIGKILL'],
    ["console.log('ERROR: no such wheel.'); process.exit(1)", 'no such wheel'],
  ])('%s fails with its reason', async (script, problem) => {
    expect(await node(commandsWith(), script)).toMatchObject({ ok: false, problem });
  });

  test('a command that takes too long is ended, with the processes that it started', async () => {
    const file = join(mkdtempSync(join(machine.project, 'alive-')), 'beat');
    writeFileSync(file, '');
    const beat = `setInterval(() => require('fs').appendFileSync(${JSON.stringify(file)}, '.'), 10)`;
    const script = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(beat)}]); setInterval(() => {}, 1000)`;
    const ending = await node(commandsWith(), script, 0.01);
    expect(ending).toMatchObject({ ok: false, problem: 'it took more than 0.01 minutes' });
    const beats = readFileSync(file, 'utf8').length;
    expect(beats).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(readFileSync(file, 'utf8').length).toBe(beats);
  });

  test('after an interruption no command starts', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(node(commandsWith(stop.signal), 'process.exit(0)')).rejects.toThrow(Interrupted);
    expect(existsSync(join(machine.project, 'log'))).toBe(false);
  });
});

test.each([
  [
    '* Downloading\nnode:events:502\nError: getaddrinfo ENOTFOUND a.example\n  at x',
    'getaddrinfo ENOTFOUND a.example',
  ],
  ['npm error code E404\nnpm error path /x\nnpm error 404 Not Found', '404 Not Found'],
  [
    'WARNING: Retrying\nERROR: No matching distribution found for x.',
    'No matching distribution found for x',
  ],
  [
    'a.cc:2:10: fatal error: node_api.h: No such file\nmake: *** [a.o] Error 1',
    'node_api.h: No such file',
  ],
  ['OSError: [Errno 28] No space left on device', '[Errno 28] No space left on device'],
  ['compiling errors.cc: done', undefined],
])('the first error of %j', (output, reason) => {
  expect(firstError(output)).toBe(reason);
});

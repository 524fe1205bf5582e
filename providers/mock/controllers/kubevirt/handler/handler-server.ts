import { createHash, randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { SerialPort } from '../../../console/serial-port.ts';
import { nodeSevInfo } from '../../../physics/node-sev-info.ts';
import type { NodeHost } from '../../kubelet/program.ts';
import type { Domain, Launcher } from '../launcher/launcher.ts';
import { policyOf } from '../launcher/virsh.ts';
import type { VmiObject } from '../vmi.ts';
import { HandlerRefusal, type HandlerServer } from './server.ts';

/** What virt-handler serves to virt-api about the guests of its node. `launcherOf` finds a guest's command socket. */
export function handlerServer(node: NodeHost, launcherOf: (vmi: VmiObject) => Launcher | undefined): HandlerServer {
  /** The one client of each serial port. */
  const attached = new Map<SerialPort, Duplex>();
  const launcher = (vmi: VmiObject): Launcher => {
    const found = launcherOf(vmi);
    if (found === undefined) throw new HandlerRefusal(500, 'unable to find the command socket of the launcher');
    return found;
  };
  const domainOf = (vmi: VmiObject): Domain => {
    const domain = launcher(vmi).domain();
    if (domain === undefined || domain.ended !== undefined) throw new HandlerRefusal(404, 'domain not found');
    return domain;
  };
  return {
    console(vmi) {
      const { serial } = domainOf(vmi).guest;
      attached.get(serial)?.destroy();
      const stream = attach(serial);
      attached.set(serial, stream);
      const stop = launcher(vmi).onChange(() => {
        if (launcherOf(vmi)?.domain()?.ended !== undefined) stream.destroy();
      });
      stream.once('close', () => {
        stop();
        if (attached.get(serial) === stream) attached.delete(serial);
      });
      return stream;
    },
    pause: (vmi) => launcher(vmi).pause(),
    unpause: (vmi) => launcher(vmi).resume(),
    softReboot: (vmi) => void domainOf(vmi),
    certificateChain() {
      const { pdh, certChain } = nodeSevInfo(node.profile);
      return { pdh, certChain };
    },
    launchMeasurement: (vmi) => measurement(domainOf(vmi), node),
    injectLaunchSecret(vmi, { header, secret }) {
      if (typeof header !== 'string' || header === '') throw new HandlerRefusal(500, 'Header is required');
      if (typeof secret !== 'string' || secret === '') throw new HandlerRefusal(500, 'Secret is required');
      domainOf(vmi);
    },
  };
}

function attach(serial: SerialPort): Duplex {
  let stop = () => {};
  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      serial.type(chunk);
      done();
    },
    destroy: (error, done) => {
      stop();
      done(error);
    },
  });
  stop = serial.listen((bytes) => void stream.push(bytes));
  return stream;
}

/** Base64 of a digest of 32 bytes and a nonce of 16; zeros are left out of the answer, as Go's omitempty does. */
function measurement(domain: Domain, node: NodeHost): Readonly<Record<string, string | number>> {
  const { apiMajor, apiMinor, build } = node.profile.firmware;
  const policy = policyOf(domain.xml) ?? 0;
  const loaderSHA = createHash('sha256').update('OVMF_CODE.cc.fd').digest('hex');
  const nonce = randomBytes(16);
  const digest = createHash('sha256')
    .update(`${node.name}/${domain.name}/${policy}/${loaderSHA}`)
    .update(nonce)
    .digest();
  const values = {
    measurement: Buffer.concat([digest, nonce]).toString('base64'),
    ...{ apiMajor, apiMinor, buildID: build, policy, loaderSHA },
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}

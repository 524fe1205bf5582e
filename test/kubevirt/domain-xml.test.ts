import { expect } from 'chai';
import { describe, it } from 'mocha';
import { domainSecurity } from '../../harness/kubevirt/domain-xml.ts';

const domain = (inside: string) => `<domain type='kvm' id='1'>\n<name>ns_vm</name>${inside}</domain>\n`;

describe('a domain XML', () => {
  it('gives type and policy, the policy as a number however it is padded', () => {
    const live = domain("<launchSecurity type='sev'><cbitpos>51</cbitpos><policy>0x0005</policy></launchSecurity>");
    expect(domainSecurity(live)).to.deep.equal({ type: 'sev', policy: 5 });
    expect(
      domainSecurity(domain('<launchSecurity type="sev-snp"><policy>0x00030000</policy></launchSecurity>')),
    ).to.deep.equal({ type: 'sev-snp', policy: 0x30000 });
  });

  it('without launchSecurity has no security', () => {
    expect(domainSecurity(domain('<vcpu>1</vcpu>'))).to.equal(undefined);
  });

  it('is not fooled by a comment, a metadata element or text that looks like launchSecurity', () => {
    const fakes =
      '<!-- <launchSecurity type="sev"/> --><metadata><launchSecurity type="sev"/></metadata><title>&lt;launchSecurity type="sev"/&gt;</title>';
    expect(domainSecurity(domain(fakes))).to.equal(undefined);
  });

  it('with a policy that is no number has an undefined policy', () => {
    expect(domainSecurity(domain('<launchSecurity type="sev"><policy>five</policy></launchSecurity>'))).to.deep.equal({
      type: 'sev',
      policy: undefined,
    });
  });

  it('that is cut short, empty or an error message is refused', () => {
    expect(() => domainSecurity("<domain><launchSecurity type='sev'>")).to.throw('this is no domain XML');
    expect(() => domainSecurity('')).to.throw('this is no domain XML');
    expect(() => domainSecurity("error: failed to get domain 'x'")).to.throw('this is no domain XML');
  });
});

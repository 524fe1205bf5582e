/** The JUnit that we write, no more: what readers would choke on has no place in it. */
export const JUNIT_XSD = `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="seconds">
    <xs:restriction base="xs:string"><xs:pattern value="[0-9]+\\.[0-9]{3}"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="text"><xs:restriction base="xs:string"><xs:minLength value="1"/></xs:restriction></xs:simpleType>
  <xs:complexType name="failure">
    <xs:simpleContent>
      <xs:extension base="xs:string">
        <xs:attribute name="message" type="text" use="required"/>
        <xs:attribute name="type" use="required">
          <xs:simpleType>
            <xs:restriction base="xs:string">
              <xs:enumeration value="UsageError"/><xs:enumeration value="ProductFailure"/>
              <xs:enumeration value="Interrupted"/><xs:enumeration value="InfraError"/><xs:enumeration value="InternalError"/>
            </xs:restriction>
          </xs:simpleType>
        </xs:attribute>
      </xs:extension>
    </xs:simpleContent>
  </xs:complexType>
  <xs:complexType name="testcase">
    <xs:choice minOccurs="0">
      <xs:element name="skipped">
        <xs:complexType><xs:attribute name="message" type="text" use="required"/></xs:complexType>
      </xs:element>
      <xs:sequence>
        <xs:element name="failure" type="failure"/>
        <xs:element name="system-out" type="xs:string" minOccurs="0"/>
      </xs:sequence>
    </xs:choice>
    <xs:attribute name="classname" type="text" use="required"/>
    <xs:attribute name="name" type="text" use="required"/>
    <xs:attribute name="time" type="seconds" use="required"/>
  </xs:complexType>
  <xs:element name="testsuite">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="properties">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="property" maxOccurs="unbounded">
                <xs:complexType>
                  <xs:attribute name="name" type="text" use="required"/>
                  <xs:attribute name="value" type="xs:string" use="required"/>
                </xs:complexType>
              </xs:element>
            </xs:sequence>
          </xs:complexType>
        </xs:element>
        <xs:element name="testcase" type="testcase" minOccurs="0" maxOccurs="unbounded"/>
      </xs:sequence>
      <xs:attribute name="name" type="text" use="required"/>
      <xs:attribute name="timestamp" type="xs:dateTime" use="required"/>
      <xs:attribute name="time" type="seconds" use="required"/>
      <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="skipped" type="xs:nonNegativeInteger" use="required"/>
    </xs:complexType>
    <xs:unique name="name"><xs:selector xpath="testcase"/><xs:field xpath="@name"/></xs:unique>
  </xs:element>
</xs:schema>
`;

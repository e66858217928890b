// What a service is called.

import Collecting
import Testing

@Suite("Names of services")
struct ServiceIdentityTests {
    private func identity(_ variables: String...) -> ServiceIdentity {
        ServiceIdentity(environment: variables, executable: "/opt/shop/bin/quotes")
    }

    @Test("its own variable comes first, then its attributes, then the program's name")
    func order() {
        #expect(identity("PATH=/bin").name == "quotes")
        #expect(identity("OTEL_RESOURCE_ATTRIBUTES=service.name=shop").name == "shop")
        #expect(identity("OTEL_RESOURCE_ATTRIBUTES=service.name=shop", "OTEL_SERVICE_NAME=checkout").name == "checkout")
        #expect(identity("OTEL_SERVICE_NAME=").name == "quotes")
        #expect(identity().program == "quotes")
    }

    @Test("attributes are percent-encoded, and may have spaces around them")
    func attributes() {
        let found = identity(
            "OTEL_RESOURCE_ATTRIBUTES= service.namespace = a%20shop ,service.version=1.2,broken,deployment.environment=live,="
        )
        #expect(found.namespace == "a shop")
        #expect(found.version == "1.2")
        #expect(found.environment == "live")
        let newer = identity(
            "OTEL_RESOURCE_ATTRIBUTES=deployment.environment=old,deployment.environment.name=new,service.version=%zz%4")
        #expect(newer.environment == "new")
        #expect(newer.version == "%zz%4")
    }

    @Test("a name is cut where nobody reads it")
    func length() {
        #expect(identity("OTEL_SERVICE_NAME=\(String(repeating: "x", count: 10_000))").name.count == 100)
    }
}

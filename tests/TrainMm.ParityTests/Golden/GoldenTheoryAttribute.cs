using Xunit.Abstractions;
using Xunit.Sdk;

namespace TrainMm.ParityTests.Golden;

/// <summary>
/// A test that runs once for each golden case of some kinds, with the case's folder as its argument. A case whose model nobody knows yet is skipped by name;
/// where there are no cases at all, that is said by a skipped test too.
/// </summary>
/// <param name="kinds">The kinds in <c>case.json</c>; none stands for every kind that no test takes.</param>
[XunitTestCaseDiscoverer("TrainMm.ParityTests.Golden.GoldenTheoryDiscoverer", "TrainMm.ParityTests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class GoldenTheoryAttribute(params string[] kinds) : FactAttribute
{
    /// <summary>The kinds in <c>case.json</c>.</summary>
    public string[] Kinds { get; } = kinds;
}

/// <summary>Makes one test of each golden case.</summary>
public sealed class GoldenTheoryDiscoverer(IMessageSink messages) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        var kinds = ((object[])factAttribute.GetConstructorArguments().Single()).Cast<string>().ToArray();
        var cases = GoldenCases.All.Where(each => kinds.Length == 0 ? !GoldenSupport.Kinds.Contains(each.Kind, StringComparer.Ordinal) : kinds.Contains(each.Kind, StringComparer.Ordinal)).ToArray();
        if (cases.Length == 0)
        {
            yield return Skip(discoveryOptions, testMethod, "(none)", kinds.Length == 0 ? "every kind has a test" : $"no case of kind {string.Join(", ", kinds)} under {GoldenCases.Root}");
            yield break;
        }

        foreach (var each in cases)
        {
            yield return GoldenSupport.WhyNot(each) is { } reason
                ? Skip(discoveryOptions, testMethod, each.Name, reason)
                : new XunitTestCase(messages, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, [each.Name]);
        }
    }

    private XunitSkippedDataRowTestCase Skip(ITestFrameworkDiscoveryOptions options, ITestMethod testMethod, string name, string reason) =>
        new(messages, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), testMethod, reason, [name]);
}

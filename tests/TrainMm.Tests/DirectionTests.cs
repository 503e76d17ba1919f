using System.Reflection;
using System.Xml.Linq;

namespace TrainMm.Tests;

/// <summary>Cli → Training → {Models, Data} → Core → Torch, and nothing else: Models and Data never see each other.</summary>
public sealed class DirectionTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["TrainMm.Torch"] = [],
        ["TrainMm.Core"] = ["TrainMm.Torch"],
        ["TrainMm.Models"] = ["TrainMm.Core"],
        ["TrainMm.Data"] = ["TrainMm.Core"],
        ["TrainMm.Training"] = ["TrainMm.Data", "TrainMm.Models"],
        ["TrainMm.Cli"] = ["TrainMm.Training"],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Fact]
    public void EveryProjectIsInTheTable() =>
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Directory.GetDirectories(Path.Combine(Snapshot.RepositoryRoot, "src")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectsReferToTheirNeighboursOnly(string project)
    {
        var file = XDocument.Load(Path.Combine(Snapshot.RepositoryRoot, "src", project, $"{project}.csproj"));
        var references = file.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
        Assert.Equal(Allowed[project].Order(StringComparer.Ordinal), references.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("TrainMm.Models", "TrainMm.Data")]
    [InlineData("TrainMm.Data", "TrainMm.Models")]
    [InlineData("TrainMm.Core", "TrainMm.Models")]
    [InlineData("TrainMm.Core", "TrainMm.Data")]
    [InlineData("TrainMm.Torch", "TrainMm.Core")]
    public void AssembliesDoNotSeeEachOther(string assembly, string other) =>
        Assert.DoesNotContain(Assembly.Load(assembly).GetReferencedAssemblies(), reference => reference.Name == other);
}

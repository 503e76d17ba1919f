using System.Reflection;
using TrainMm.Core.Config;

namespace TrainMm.Tests.Core.Config;

public sealed class CatalogTests
{
    private static readonly Assembly[] Product = [typeof(ICatalog).Assembly, Assembly.Load("TrainMm.Models"), Assembly.Load("TrainMm.Data"), Assembly.Load("TrainMm.Training")];

    [Fact]
    public void EveryComponentIsInItsCatalog()
    {
        foreach (var catalog in Product.SelectMany(CatalogCompleteness.CatalogsOf))
            Assert.Empty(Product.SelectMany(assembly => CatalogCompleteness.Unlisted(catalog, assembly)));
    }

    [Fact]
    public void EveryOptionAndComponentOfACatalogHasAText()
    {
        foreach (var entry in Product.SelectMany(CatalogCompleteness.CatalogsOf).SelectMany(catalog => catalog.Entries))
        {
            Assert.False(string.IsNullOrEmpty(DocumentationText.Of(entry.ComponentType)), $"{entry.ComponentType.Name} has no summary");
            Assert.False(string.IsNullOrEmpty(entry.Source), $"{entry.Kind} names no source");
            Assert.All(Flatten(OptionDescription.Of(entry.OptionsType)), option => Assert.False(option.Summary.Length == 0, $"{entry.Kind}: {option.Name} has no summary"));
        }
    }

    [Fact]
    public void AnUnlistedComponentIsFound()
    {
        var incomplete = new Catalog<IProjector, ProjectorContext>("projector", CatalogEntry.Of("mlp", (MlpOptions options, ProjectorContext context) => new MlpProjector(options, context), "test"));
        Assert.Equal(typeof(LinearProjector).FullName, Assert.Single(CatalogCompleteness.Unlisted(incomplete, typeof(CatalogTests).Assembly)));
        Assert.Empty(CatalogCompleteness.Unlisted(ProjectorCatalog.All, typeof(CatalogTests).Assembly));
        Assert.Contains(ProjectorCatalog.All, CatalogCompleteness.CatalogsOf(typeof(CatalogTests).Assembly));
    }

    [Fact]
    public void AKindIsListedOnce()
    {
        var entry = ProjectorCatalog.All.Entries[0];
        var mistake = Assert.Throws<ArgumentException>(() => new Catalog<IProjector, ProjectorContext>(
            "projector",
            (ICatalogEntry<IProjector, ProjectorContext>)entry,
            (ICatalogEntry<IProjector, ProjectorContext>)entry));
        Assert.StartsWith("The projector 'linear' is listed twice.", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ComponentsAreMadeInCode()
    {
        var component = ProjectorCatalog.All.Component("mlp", new MlpOptions { Depth = 5 });
        Assert.Equal("mlp 1->2 depth=5", component.Create(new ProjectorContext(1, 2)).Summary);
        Assert.Throws<ArgumentException>(() => ProjectorCatalog.All.Component("MLP", new MlpOptions()));
        Assert.Throws<ArgumentException>(() => ProjectorCatalog.All.Component("mlp", new LinearOptions()));
    }

    private static IEnumerable<OptionDescription> Flatten(IEnumerable<OptionDescription> options) =>
        options.SelectMany(option => Flatten(option.Options).Prepend(option));
}

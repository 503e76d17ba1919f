namespace TrainMm.Core.Config;

/// <summary>Says which catalog the component of an option comes from: a static class with a public field <c>All</c>.</summary>
/// <param name="catalog">The static class, for example <c>typeof(InputProjectorCatalog)</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FromCatalogAttribute(Type catalog) : Attribute
{
    /// <summary>The static class that holds the catalog.</summary>
    public Type Catalog { get; } = catalog;

    /// <summary>The catalog itself.</summary>
    /// <exception cref="InvalidOperationException">The class has no such field.</exception>
    internal ICatalog Resolve() => Catalog.GetField("All")?.GetValue(null) as ICatalog
        ?? throw new InvalidOperationException($"{Catalog.Name} has no public static field 'All' that holds a catalog.");
}

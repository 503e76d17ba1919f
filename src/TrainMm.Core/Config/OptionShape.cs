namespace TrainMm.Core.Config;

/// <summary>What an option's C# type means in YAML.</summary>
internal abstract record OptionShape(Type Type)
{
    /// <summary>A single value: text, number, truth value or enum.</summary>
    internal sealed record Scalar(Type Type) : OptionShape(Type);

    /// <summary>A list.</summary>
    internal sealed record List(Type Type, OptionShape Element) : OptionShape(Type);

    /// <summary>A mapping whose keys the user chooses.</summary>
    internal sealed record Dictionary(Type Type, OptionShape Element) : OptionShape(Type);

    /// <summary>A class of options of its own.</summary>
    internal sealed record Options(Type Type) : OptionShape(Type);

    /// <summary>A kind from a catalog, with that kind's options.</summary>
    internal sealed record Component(Type Type, ICatalog Catalog) : OptionShape(Type);

    /// <summary>The shape of a type; the null of a nullable value type is the property's affair.</summary>
    /// <exception cref="InvalidOperationException">The type cannot be an option's.</exception>
    public static OptionShape Of(Type type, FromCatalogAttribute? catalog, string property)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum || ScalarText.Reads(plain)) return new Scalar(plain);
        if (plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return new List(plain, Of(plain.GetGenericArguments()[0], catalog, property));
        if (plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) && plain.GetGenericArguments()[0] == typeof(string))
            return new Dictionary(plain, Of(plain.GetGenericArguments()[1], catalog, property));
        if (typeof(Config.Component).IsAssignableFrom(plain))
        {
            return catalog is null
                ? throw new InvalidOperationException($"{property} holds a component, so it needs [FromCatalog(typeof(…))].")
                : new Component(plain, catalog.Resolve());
        }

        return plain is { IsClass: true, IsAbstract: false, Namespace: not "System" }
            ? new Options(plain)
            : throw new InvalidOperationException($"{property} has the type {plain}, which is no option's type.");
    }
}

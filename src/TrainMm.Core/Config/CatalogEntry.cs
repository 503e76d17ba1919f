namespace TrainMm.Core.Config;

/// <summary>One kind of a role: what configuration calls it, its options, and where the method comes from.</summary>
public interface ICatalogEntry
{
    /// <summary>The name in configuration, exact and ordinal.</summary>
    string Kind { get; }

    /// <summary>The class of its options.</summary>
    Type OptionsType { get; }

    /// <summary>The class of the component.</summary>
    Type ComponentType { get; }

    /// <summary>Paper, arXiv id, and section or equation.</summary>
    string Source { get; }
}

/// <summary>One kind of a role, with the way to build it.</summary>
/// <typeparam name="TRole">The role's interface.</typeparam>
/// <typeparam name="TContext">What is known when components of the role are built, such as the widths of their neighbours.</typeparam>
public interface ICatalogEntry<out TRole, in TContext> : ICatalogEntry
{
    /// <summary>Builds the component.</summary>
    /// <param name="options">An instance of <see cref="ICatalogEntry.OptionsType"/>.</param>
    /// <param name="context">What is known when it is built.</param>
    TRole Create(object options, TContext context);
}

/// <summary>Makes catalog entries.</summary>
public static class CatalogEntry
{
    /// <summary>An entry whose option and component classes are those of the function that builds it.</summary>
    /// <param name="kind">The name in configuration.</param>
    /// <param name="create">Builds the component: <c>(MlpProjectorOptions options, InputProjectorContext context) => new MlpProjector(options, context)</c>.</param>
    /// <param name="source">Paper, arXiv id, and section or equation.</param>
    public static ICatalogEntry<TComponent, TContext> Of<TOptions, TContext, TComponent>(string kind, Func<TOptions, TContext, TComponent> create, string source)
        where TOptions : class
        where TComponent : class => new Entry<TOptions, TContext, TComponent>(kind, create, source);

    private sealed class Entry<TOptions, TContext, TComponent>(string kind, Func<TOptions, TContext, TComponent> create, string source) : ICatalogEntry<TComponent, TContext>
        where TOptions : class
        where TComponent : class
    {
        public string Kind => kind;

        public Type OptionsType => typeof(TOptions);

        public Type ComponentType => typeof(TComponent);

        public string Source => source;

        public TComponent Create(object options, TContext context) => create((TOptions)options, context);
    }
}

namespace TrainMm.Core.Config;

/// <summary>A component that configuration has chosen and that is not built yet: its kind and that kind's options.</summary>
public abstract class Component
{
    private protected Component(ICatalogEntry entry, object options)
    {
        Entry = entry;
        Options = options;
    }

    /// <summary>The kind's entry in its catalog.</summary>
    public ICatalogEntry Entry { get; }

    /// <summary>The kind's name in configuration.</summary>
    public string Kind => Entry.Kind;

    /// <summary>The kind's options, an instance of <see cref="ICatalogEntry.OptionsType"/>.</summary>
    public object Options { get; }
}

/// <summary>A chosen component of one role. As an option's type it is read from <c>kind: …</c> and that kind's options; the option names its catalog by <see cref="FromCatalogAttribute"/>.</summary>
/// <typeparam name="TRole">The role's interface.</typeparam>
/// <typeparam name="TContext">What is known when components of the role are built.</typeparam>
public sealed class Component<TRole, TContext> : Component
    where TRole : class
{
    private readonly ICatalogEntry<TRole, TContext> entry;

    internal Component(ICatalogEntry<TRole, TContext> entry, object options)
        : base(entry, options)
    {
        this.entry = entry;
    }

    /// <summary>Builds the component.</summary>
    /// <param name="context">What is known now, such as the widths of its neighbours.</param>
    public TRole Create(TContext context) => entry.Create(Options, context);
}

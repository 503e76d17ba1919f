namespace TrainMm.Core.Config;

/// <summary>All kinds of one role, as configuration, <c>describe</c> and tests see them.</summary>
public interface ICatalog
{
    /// <summary>What the role is called, for example <c>input projector</c>.</summary>
    string Role { get; }

    /// <summary>The role's interface.</summary>
    Type RoleType { get; }

    /// <summary>The kinds in the order in which they were listed.</summary>
    IReadOnlyList<ICatalogEntry> Entries { get; }

    /// <summary>A component of a kind with options that were read already.</summary>
    internal Component Bound(ICatalogEntry entry, object options);
}

/// <summary>All kinds of one role, listed by hand in the role's folder. Kinds are compared exactly; there are no aliases and no scanning.</summary>
/// <typeparam name="TRole">The role's interface.</typeparam>
/// <typeparam name="TContext">What is known when components of the role are built.</typeparam>
public sealed class Catalog<TRole, TContext> : ICatalog
    where TRole : class
{
    private readonly ICatalogEntry<TRole, TContext>[] entries;

    /// <summary>Lists the kinds.</summary>
    /// <param name="role">What the role is called, for example <c>input projector</c>.</param>
    /// <param name="entries">The kinds.</param>
    /// <exception cref="ArgumentException">Two entries have the same kind, or an option is called <c>kind</c>.</exception>
    public Catalog(string role, params ICatalogEntry<TRole, TContext>[] entries)
    {
        Role = role;
        this.entries = entries;
        if (entries.CountBy(entry => entry.Kind, StringComparer.Ordinal).FirstOrDefault(pair => pair.Value > 1) is { Key: { } twice })
            throw new ArgumentException($"The {role} '{twice}' is listed twice.", nameof(entries));
        if (entries.FirstOrDefault(entry => entry.OptionsType.GetProperty("Kind") is not null) is { } taken)
            throw new ArgumentException($"{taken.OptionsType.Name} has an option 'kind', which is the name of the kind itself.", nameof(entries));
    }

    /// <inheritdoc/>
    public string Role { get; }

    /// <inheritdoc/>
    public Type RoleType => typeof(TRole);

    /// <inheritdoc/>
    public IReadOnlyList<ICatalogEntry> Entries => entries;

    /// <summary>A component of a kind with options made in code, for defaults and tests.</summary>
    /// <exception cref="ArgumentException">There is no such kind, or the options are another kind's.</exception>
    public Component<TRole, TContext> Component(string kind, object options)
    {
        var entry = entries.FirstOrDefault(entry => string.Equals(entry.Kind, kind, StringComparison.Ordinal))
            ?? throw new ArgumentException($"There is no {Role} '{kind}'; {Spelling.Hint(kind, [.. entries.Select(each => each.Kind)], "known kinds")}", nameof(kind));
        if (!entry.OptionsType.IsInstanceOfType(options))
            throw new ArgumentException($"The {Role} '{kind}' takes {entry.OptionsType.Name}, not {options.GetType().Name}.", nameof(options));
        return new Component<TRole, TContext>(entry, options);
    }

    /// <inheritdoc/>
    Component ICatalog.Bound(ICatalogEntry entry, object options) => new Component<TRole, TContext>((ICatalogEntry<TRole, TContext>)entry, options);
}

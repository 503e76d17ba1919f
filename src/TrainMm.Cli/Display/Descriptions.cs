using Spectre.Console;
using Spectre.Console.Rendering;
using TrainMm.Core.Config;
using TrainMm.Training.Loop;

namespace TrainMm.Cli.Display;

/// <summary>What configuration can say, as <c>describe</c> shows it: found by walking the options of a run, so that it cannot lag behind them.</summary>
public sealed class Descriptions
{
    private const int Indentation = 4;

    private readonly IReadOnlyList<OptionDescription> options = OptionDescription.Of(typeof(RunOptions));
    private readonly List<Role> roles = [];

    /// <summary>Walks the options of a run and of every kind that they can choose.</summary>
    public Descriptions() => Collect(options, "");

    /// <summary>The roles' names, as a user types them.</summary>
    public IReadOnlyList<string> Roles => [.. roles.Select(role => role.Name)];

    /// <summary>The kinds of a role, or none where there is no such role.</summary>
    /// <param name="role">The role's name.</param>
    public IReadOnlyList<string> Kinds(string role) => Find(role) is { } found ? [.. found.Catalog.Entries.Select(entry => entry.Kind)] : [];

    /// <summary>All roles with their kinds, then the options of a run.</summary>
    public IRenderable All()
    {
        var table = Columns("role", "kinds", "chosen at");
        foreach (var role in roles) Add(table, role.Name, string.Join(", ", role.Catalog.Entries.Select(entry => entry.Kind)), string.Join(", ", role.Places));
        return new Rows(table, new Text("The options of a run; trainmm describe ROLE KIND shows those of one kind.\n"), Options(options, ""));
    }

    /// <summary>A role's kinds: what each is and where it comes from.</summary>
    /// <param name="role">The role's name, one of <see cref="Roles"/>.</param>
    public IRenderable OfRole(string role)
    {
        var table = Columns("kind", "what it is", "source");
        foreach (var entry in Find(role)!.Catalog.Entries) Add(table, entry.Kind, DocumentationText.Of(entry.ComponentType) ?? "", entry.Source);
        return table;
    }

    /// <summary>A kind's options.</summary>
    /// <param name="role">The role's name, one of <see cref="Roles"/>.</param>
    /// <param name="kind">The kind, one of <see cref="Kinds"/>.</param>
    public IRenderable OfKind(string role, string kind)
    {
        var entry = Find(role)!.Catalog.Entries.First(entry => entry.Kind == kind);
        var heading = $"{kind} ({entry.Source})\n{DocumentationText.Of(entry.ComponentType)}\n";
        return new Rows(new Text(heading), Options(OptionDescription.Of(entry.OptionsType), ""));
    }

    private static Table Columns(params string[] names)
    {
        var table = new Table { Border = TableBorder.Simple, ShowRowSeparators = false };
        table.AddColumns(names);
        return table;
    }

    private static Rows Options(IReadOnlyList<OptionDescription> options, string prefix) => new([.. Lines(options, prefix)]);

    private static IEnumerable<IRenderable> Lines(IReadOnlyList<OptionDescription> options, string prefix)
    {
        foreach (var option in options)
        {
            var name = prefix + option.Name;
            var value = option.IsRequired ? ", required" : option.Default is null ? "" : $", default {option.Default}";
            var rules = option.Rules.Count == 0 ? "" : $" ({string.Join("; ", option.Rules)})";
            yield return new Text($"{name}: {option.Type}{value}");
            yield return new Padder(new Text(option.Summary + rules), new Padding(Indentation, 0, 0, 0));
            foreach (var line in Lines(option.Options, Below(name, option))) yield return line;
        }
    }

    /// <summary>How the options below an option are written: <c>train.</c>, <c>groups[].</c>, <c>modalities.NAME.</c>.</summary>
    private static string Below(string name, OptionDescription option) =>
        option.Type.StartsWith("list of", StringComparison.Ordinal) ? $"{name}[]."
        : option.Type.StartsWith("mapping of", StringComparison.Ordinal) ? $"{name}.NAME."
        : $"{name}.";

    private static void Add(Table table, params string[] cells) => table.AddRow([.. cells.Select(Markup.Escape)]);

    private static string NameOf(ICatalog catalog) => catalog.Role.Replace(' ', '_').Replace('-', '_');

    private Role? Find(string role) => roles.Find(candidate => candidate.Name == role);

    private void Collect(IReadOnlyList<OptionDescription> found, string prefix)
    {
        foreach (var option in found)
        {
            var place = prefix + option.Name;
            if (option.Catalog is { } catalog)
            {
                var known = Find(NameOf(catalog));
                if (known is null) roles.Add(known = new Role(NameOf(catalog), catalog, []));
                known.Places.Add(place);
                if (known.Places.Count > 1) continue;
                foreach (var entry in catalog.Entries) Collect(OptionDescription.Of(entry.OptionsType), place + ".");
            }

            Collect(option.Options, Below(place, option));
        }
    }

    private sealed record Role(string Name, ICatalog Catalog, List<string> Places);
}

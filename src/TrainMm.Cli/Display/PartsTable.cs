using Spectre.Console;
using Spectre.Console.Rendering;
using TrainMm.Training.Loop;

namespace TrainMm.Cli.Display;

/// <summary>The table of parts that opens each run: what is there, how much of it is trained, in which type, how much memory it takes.</summary>
public static class PartsTable
{
    /// <summary>Draws the table.</summary>
    /// <param name="parts">A row a component.</param>
    public static IRenderable Draw(IReadOnlyList<PartRow> parts)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("part", "kind");
        foreach (var name in (string[])["parameters", "trained", "share", "type", "memory"])
            table.AddColumn(name, column => column.Alignment = name == "type" ? Justify.Left : Justify.Right);
        foreach (var part in parts) AddRow(table, part.Path, part.Kind, part);
        table.AddEmptyRow();
        AddRow(table, "all", "", Total(parts));
        return table;
    }

    private static PartRow Total(IReadOnlyList<PartRow> parts) =>
        new("all", "", parts.Sum(part => part.Parameters), parts.Sum(part => part.Trainable), "", parts.Sum(part => part.Bytes));

    private static void AddRow(Table table, string name, string kind, PartRow part) => table.AddRow(
        Markup.Escape(name),
        Markup.Escape(kind),
        Units.Count(part.Parameters),
        part.Trainable == 0 ? "frozen" : Units.Count(part.Trainable),
        Units.Share(part.Parameters == 0 ? 0 : (double)part.Trainable / part.Parameters),
        Markup.Escape(part.DataType),
        Units.Bytes(part.Bytes));
}

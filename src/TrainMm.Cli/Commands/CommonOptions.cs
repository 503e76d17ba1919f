using System.CommandLine;

namespace TrainMm.Cli.Commands;

/// <summary>Options that several commands take.</summary>
public static class CommonOptions
{
    /// <summary>Stack traces and the debug log.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "Show stack traces and the debug log.", Recursive = true };

    /// <summary>The YAML file of a run.</summary>
    public static Option<FileInfo> Config() =>
        new("--config", "-c") { Description = "The run's configuration (YAML).", HelpName = "FILE", Required = true };

    /// <summary>Single values that win over the file's.</summary>
    public static Option<string[]> Set() => new("--set")
    {
        Description = "Set one configuration value, as in train.max_steps=100; may be given several times.",
        HelpName = "KEY=VALUE",
        DefaultValueFactory = _ => [],
    };

    /// <summary>A finished or running run's directory.</summary>
    public static Option<DirectoryInfo> Run() =>
        new("--run", "-r") { Description = "A run directory, as pretrain and sft write it.", HelpName = "DIR", Required = true };
}

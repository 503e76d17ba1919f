using System.Net;

namespace TrainMm.Training.Reporting;

/// <summary>What a page needs to show text and media that came from elsewhere.</summary>
internal static class Html
{
    /// <summary>Text that a browser shows as it is and never runs, in elements and in quoted attributes.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>The element that shows or plays a medium by a <c>data:</c> address; nothing where the address is of no format that browsers show.</summary>
    /// <param name="address">The address.</param>
    /// <param name="name">What it is, for those who cannot see it.</param>
    public static string Medium(string address, string name)
    {
        var (source, label) = (Escape(address), Escape(name));
        return address[..(address.IndexOf('/', StringComparison.Ordinal) + 1)] switch
        {
            "data:image/" => $"<img src=\"{source}\" alt=\"{label}\">",
            "data:audio/" => $"<audio src=\"{source}\" aria-label=\"{label}\" controls></audio>",
            "data:video/" => $"<video src=\"{source}\" aria-label=\"{label}\" controls loop muted></video>",
            _ => "",
        };
    }
}
